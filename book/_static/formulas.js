/* Formulas are typeset one after the other, those in view first, and the page has a turn between
   them: it scrolls and answers while the others are set. At once, as MathJax does it, a long page
   would be deaf for more than a second. `MathJax.startup.promise` is kept when all are set. */
(() => {
  const TURN = 30; // milliseconds of work between two turns of the page

  const pause = () => new Promise((go) => setTimeout(go, 0));

  /* Where the reader is, and a screen below, comes first; then as the page goes. */
  function inOrder(formulas) {
    const near = new Set(
      formulas.filter((one) => {
        const { top, bottom } = one.start.node.parentElement.getBoundingClientRect();
        return bottom > 0 && top < 2 * innerHeight;
      }),
    );
    return [...near, ...formulas.filter((one) => !near.has(one))];
  }

  async function typeset() {
    const { STATE } = MathJax._.core.MathItem;
    const { handleRetriesFor } = MathJax._.util.Retries;
    const page = MathJax.startup.document;
    page.findMath();
    page.getMetrics(); // of all at once, as each measurement draws the page anew
    let until = performance.now() + TURN;
    for (const formula of inOrder([...page.math])) {
      if (performance.now() > until) {
        await pause();
        until = performance.now() + TURN;
      }
      formula.state(STATE.FINDMATH); // measured, and nothing else yet
      await handleRetriesFor(() => formula.render(page)); // again when a part of MathJax was missing
    }
  }

  if (!window.MathJax) return; // a page without formulas
  window.MathJax.startup = {
    typeset: false,
    pageReady: () => MathJax.startup.defaultPageReady().then(typeset),
  };
})();
