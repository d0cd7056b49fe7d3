// A file is sent in pieces, and goes on where the connection was cut: also after the page was closed,
// when the same file is chosen again. Without this script the form sends it in one piece.
(() => {
  "use strict";
  const form = document.querySelector("form[data-uploads]");
  if (!form) return;
  const words = form.dataset;
  // The upload that the person goes on with, perhaps begun in another browser.
  const begun = { ...document.querySelector("[data-begun]")?.dataset };
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const PIECE_BYTES = 4 * 2 ** 20;
  const FIRST_PAUSE = 1000;
  const LONGEST_PAUSE = 30_000;
  // A connection on which nothing has moved for so long is dead.
  const STALLED_AFTER = 45_000;
  // What the server, or the way to it, may answer differently in a moment.
  const PASSING = new Set([0, 408, 429, 502, 503, 504]);
  let request = null;
  let address = null;
  let busy = false;

  // --- One request: { status, body }, with the status 0 when there is no answer ------------------------

  const send = (method, url, { body = null, type = "application/json", headers = {}, sent = null } = {}) =>
    new Promise((resolve) => {
      const xhr = new XMLHttpRequest();
      const end = (status) => {
        clearTimeout(stalled);
        resolve({ status, body: status ? json(xhr.responseText) : {} });
      };
      const watch = () => setTimeout(() => xhr.abort(), STALLED_AFTER);
      let stalled = watch();
      xhr.open(method, url);
      xhr.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
      xhr.setRequestHeader("X-Tenant-ID", words.tenant);
      xhr.setRequestHeader("Accept", "application/json");
      if (body) xhr.setRequestHeader("Content-Type", type);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = (event) => {
        clearTimeout(stalled);
        stalled = watch();
        sent?.(event.loaded);
      };
      xhr.onload = () => end(xhr.status);
      xhr.onerror = xhr.onabort = () => end(0);
      request = xhr;
      xhr.send(body);
    });

  const json = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return {};
    }
  };

  // --- Which upload a chosen file belongs to, for as long as it is not whole ----------------------------

  const keyOf = (file) =>
    ["upload", words.tenant, file.name, file.size, file.lastModified, form.elements.is_own.checked].join(":");
  const remember = (file, value) => {
    try {
      if (value) localStorage.setItem(keyOf(file), value);
      else localStorage.removeItem(keyOf(file));
    } catch {
      // Storage may be forbidden: it then goes on for as long as the page is open.
    }
  };
  const recall = (file) => {
    try {
      return localStorage.getItem(keyOf(file));
    } catch {
      return null;
    }
  };

  // --- What is told --------------------------------------------------------------------------------------

  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const megabytes = (bytes) => number.format(bytes / 2 ** 20);
  const tell = (text) => (part("told").textContent = text);
  const show = (file, bytes) => {
    part("bar").max = file.size;
    part("bar").value = Math.min(bytes, file.size);
    tell(words.progress.replace("{done}", megabytes(bytes)).replace("{total}", megabytes(file.size)));
  };
  const setBusy = (value) => {
    busy = value;
    part("progress").hidden = !value;
    if (value) part("cancel").hidden = false;
    for (const field of form.querySelectorAll("input, button")) field.disabled = value;
  };
  const complain = (text) => {
    part("problem").hidden = !text;
    part("problem").textContent = text;
  };

  // --- The upload ------------------------------------------------------------------------------------------

  const begin = (file) => {
    const about = { name: file.name, size: file.size, is_own: form.elements.is_own.checked };
    return send("POST", words.uploads, { body: JSON.stringify(about) });
  };
  const sendPiece = (file, offset) =>
    send("PATCH", address, {
      body: file.slice(offset, offset + PIECE_BYTES),
      type: "application/offset+octet-stream",
      headers: { "Upload-Offset": offset },
      sent: (bytes) => show(file, offset + bytes),
    });
  const nextAnswer = (file, offset) => {
    if (!address) return begin(file);
    return offset === null ? send("GET", address) : sendPiece(file, offset);
  };
  const pauseFor = (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
      window.addEventListener("online", resolve, { once: true });
    });

  /** Send what is missing until the file is whole, however often the connection is cut. Throws with
      the server's words when it refuses. */
  const upload = async (file) => {
    let offset = null;
    let pause = FIRST_PAUSE;
    address = begun.begun ? `${words.uploads}/${begun.begun}` : recall(file);
    while (busy) {
      const { status, body } = await nextAnswer(file, offset);
      if (status >= 200 && status < 300) {
        address ??= `${words.uploads}/${body.id}`;
        remember(file, address);
        if (body.import_id) return;
        ({ offset } = body);
        pause = FIRST_PAUSE;
        show(file, offset);
      } else if (status === 404 || body.code === "upload_gone") {
        delete begun.begun;
        [address, offset] = [null, null];
        remember(file, null);
      } else if (body.code === "offset_differs") {
        offset = null;
      } else if (PASSING.has(status)) {
        if (busy) tell(words.cut);
        await pauseFor(pause);
        [pause, offset] = [Math.min(2 * pause, LONGEST_PAUSE), null];
      } else {
        throw new Error(body.detail || words.failed);
      }
    }
  };

  form.addEventListener("submit", async (event) => {
    const file = form.elements.file.files[0];
    if (!file || busy) return;
    event.preventDefault();
    if (begun.begun && file.size !== Number(begun.size)) {
      complain(begun.differs);
      return;
    }
    complain("");
    setBusy(true);
    try {
      show(file, 0);
      await upload(file);
      if (!busy) return;
      remember(file, null);
      busy = false;
      location.assign(words.next);
    } catch (error) {
      setBusy(false);
      complain(error.message);
    }
  });

  part("cancel").addEventListener("click", async (event) => {
    if (!busy) return;
    event.preventDefault();
    busy = false;
    request?.abort();
    remember(form.elements.file.files[0], null);
    if (address) await send("DELETE", address);
    location.assign(event.target.href);
  });

  window.addEventListener("beforeunload", (event) => {
    if (busy) event.preventDefault();
  });
})();
