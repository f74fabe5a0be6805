// Says so when a run's page no longer hears from the site. The polling itself is htmx's.
const note = document.getElementById("run-lost");
const when = note.querySelector("[data-when]");
let heard = new Date();

document.addEventListener("htmx:afterRequest", (event) => {
  const fine = event.detail.successful;
  if (fine) heard = new Date();
  when.textContent = heard.toLocaleTimeString();
  note.hidden = fine;
});
