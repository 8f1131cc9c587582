/* A model of the chapter on deployment, run in the reader's browser by onnxruntime-web. A cell of the
   chapter gives the file and what belongs to it, as JSON; the runtime is loaded when it is asked for. */
(() => {
  const { src, dataset } = document.currentScript;
  const RUNTIME = new URL("onnxruntime-web/", src).href;
  const WORDS = 8, SIDE = 32, EQUAL = 1e-4;
  const LOCAL = "A page opened from a file may not load the runtime: use make serve.";

  function make(name, attributes = {}, ...content) {
    const element = Object.assign(document.createElement(name), attributes);
    element.append(...content);
    return element;
  }

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const wordsOf = (text) => text.toLowerCase().match(/[a-z]+/g) ?? [];

  function idsOf(text, vocabulary) {
    const ids = wordsOf(text).slice(0, WORDS).map((word) => vocabulary.get(word) ?? 1);
    return [...ids, ...Array(WORDS - ids.length).fill(0)];
  }

  function softmax(logits) {
    const e = logits.map((one) => Math.exp(one - Math.max(...logits)));
    return e.map((one) => one / e.reduce((a, b) => a + b));
  }

  /* A function that answers rows, each a picture's bytes, or none, and a text, by probabilities. */
  async function load(file, vocabulary) {
    const ort = await import(`${RUNTIME}ort.wasm.bundle.min.mjs`);
    ort.env.wasm.numThreads = 1; // more of them need headers that few hosts send
    ort.env.wasm.wasmPaths = { wasm: `${RUNTIME}ort-wasm-simd-threaded.wasm` };
    const session = await ort.InferenceSession.create(file);
    return async (rows) => {
      const image = new Uint8Array(rows.length * SIDE * SIDE * 3);
      rows.forEach(([picture], row) => image.set(picture ?? [], row * SIDE * SIDE * 3));
      const ids = rows.map(([, text]) => idsOf(text, vocabulary));
      const present = rows.flatMap(([picture], row) => [picture ? 1 : 0, ids[row][0] ? 1 : 0]);
      const found = await session.run({
        image: new ort.Tensor("uint8", image, [rows.length, SIDE, SIDE, 3]),
        ids: new ort.Tensor("int64", BigInt64Array.from(ids.flat(), BigInt), [rows.length, WORDS]),
        present: new ort.Tensor("bool", Uint8Array.from(present), [rows.length, 2]),
      });
      const { data, dims } = found[session.outputNames[0]];
      return rows.map((_, row) => softmax([...data.slice(row * dims[1], (row + 1) * dims[1])]));
    };
  }

  function drawn(picture) {
    const canvas = make("canvas", { width: SIDE, height: SIDE });
    const pixels = new ImageData(SIDE, SIDE);
    pixels.data.fill(255); // opaque
    picture.forEach((value, i) => (pixels.data[Math.floor(i / 3) * 4 + (i % 3)] = value));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas;
  }

  function build(place, number) {
    const given = JSON.parse(place.querySelector("script").textContent);
    const { names, groups } = given, pictures = given.pictures.map(bytes);
    const vocabulary = new Map(Object.entries(given.vocabulary));
    const button = make("button", { type: "button" }, `Run it here: load ${dataset.megabytes} MB`);
    const state = make("p", { role: "status" }), said = make("p", { role: "status" });
    const choices = [...names, "no picture"].map((name, i) => {
      const radio = make("input", { type: "radio", name: `onnx-web-${number}`, value: i, checked: !i });
      return make("label", {}, radio, ...(pictures[i] ? [drawn(pictures[i])] : []), name);
    });
    const offered = names.map((value) => make("option", { value }));
    const list = make("datalist", { id: `onnx-web-${number}-names` }, ...offered);
    const field = make("input", { value: names[0], maxLength: 200 });
    field.setAttribute("list", list.id);
    const table = make("table", {}, make("caption", {}, "Probabilities"));
    const cells = groups.map((group) => {
      const cell = make("td"), bar = make("span", { className: "bar" });
      table.append(make("tr", {}, make("th", { scope: "row" }, group), cell, make("td", {}, bar)));
      return [cell, bar];
    });
    const picture = make("fieldset", {}, make("legend", {}, "Picture"), ...choices);
    const words = make("label", {}, "Words ", field, list);
    const form = make("div", { hidden: true }, picture, words, said, table);
    place.replaceChildren(button, state, form);
    let answer;

    async function ask() {
      const chosen = pictures[form.querySelector(":checked").value];
      const read = wordsOf(field.value).slice(0, WORDS);
      table.hidden = !chosen && !read.length;
      if (table.hidden) return void (said.textContent = "Neither a picture nor a word.");
      const [p] = await answer([[chosen, field.value]]);
      const best = p.indexOf(Math.max(...p));
      const unknown = read.filter((word) => !vocabulary.has(word));
      said.textContent = `${groups[best]}: ${p[best].toFixed(3)}.`
        + (unknown.length ? ` Words it does not know: ${unknown.join(", ")}.` : "");
      cells.forEach(([cell, bar], i) => {
        cell.textContent = p[i].toFixed(3);
        bar.style.width = `${8 * p[i]}em`;
      });
    }

    async function start() {
      button.disabled = true;
      state.textContent = "Loading …";
      try {
        answer = await load(new URL(given.file, src).href, vocabulary);
        const rows = names.flatMap((name, i) => [[pictures[i], name], [pictures[i], ""], [, name]]);
        const found = (await answer(rows)).flat(), python = given.probabilities.flat();
        const most = Math.max(...python.map((p, i) => Math.abs(p - found[i])));
        state.textContent = `${rows.length} rows: each picture with its name, without it, and the name `
          + `without the picture. Largest difference from Python's numbers: ${most.toExponential(1)}`
          + (most < EQUAL ? "." : ", which is too much.");
        form.hidden = false;
        await ask();
        form.querySelector(":checked").focus();
        button.remove();
      } catch (error) {
        state.textContent = `It did not start: ${error.message}`;
        button.disabled = false;
      }
    }

    form.addEventListener("input", ask);
    button.addEventListener("click", start);
    if (location.protocol === "file:") button.replaceWith(LOCAL);
  }

  document.querySelectorAll(".onnx-web").forEach(build);
})();
