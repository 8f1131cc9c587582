/* In the place of the theme's file of this name, 1.5 MB of drawings: its icons come from a font, which
   every page loads as well. */
