// My work: Enter goes on with the work that is waiting, and a list that was empty looks again by itself.

const go = document.querySelector("[data-enter]");
document.addEventListener("keydown", (event) => {
  const idle = event.target === document.body || event.target.id === "main";
  if (event.key === "Enter" && idle && go) go.click();
});
if (!go) setInterval(() => document.visibilityState === "visible" && location.reload(), 60000);
