/* Passkeys: asks the server what to sign, lets the browser sign it, and sends the answer with the ordinary form. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  const ask = async (form, { begin, does }) => {
    const csrf = form.querySelector("[name=csrf]").value;
    const asked = await fetch(begin, { method: "POST", body: new URLSearchParams({ csrf }), headers: { "X-Fragment": "passkey" } });
    if (!asked.ok) return ""; // the form, sent without an answer, says why
    const options = await asked.json();
    const publicKey = does === "get" ? PublicKeyCredential.parseRequestOptionsFromJSON(options) : PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return JSON.stringify(await navigator.credentials[does]({ publicKey }));
  };
  for (const form of document.querySelectorAll("form.passkey")) {
    const problem = form.querySelector(".passkey-problem");
    const button = form.querySelector("[type=submit]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      button.disabled = true;
      try {
        form.querySelector("[name=credential]").value = await ask(form, problem.dataset);
        form.submit();
      } catch (error) {
        problem.textContent = error.name === "InvalidStateError" ? problem.dataset.held : problem.dataset.failed;
        problem.hidden = false;
      }
      button.disabled = false;
    });
  }
})();
