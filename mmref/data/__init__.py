"""Data: the emoji and speech that travel with the package, text to ids, image transforms.

``mmref.data.emoji``         pictures and names of 1,906 emoji, with fixed folds
``mmref.data.folders``       images in folders with captions: your own, and copies of published sets
``mmref.data.speech``        the names of 200 emoji, spoken by several voices in two languages
``mmref.data.interactions``  numbers hidden in readings, joined by sum, product or parity
``mmref.data.sentiment``     moods and irony in faces, words and voices, with the best accuracy
``mmref.data.phantoms``      images and reports of patients who are none, and the best diagnosis
``mmref.data.sound``         sounds as log-mel spectrograms
``mmref.data.table``         numbers and categories as features, learned from the training rows
``mmref.data.download``      verified downloads, and what to place where
``mmref.data.text``          tokenizers and a vocabulary
``mmref.data.transforms``    scaling, resizing and augmentation of image arrays
"""
