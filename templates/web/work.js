// Solves the puzzle of a form (https://altcha.org) before it is sent.
"use strict";
const form = document.querySelector("form[data-puzzle]");
async function digest(text) {
  const found = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(found), (one) => one.toString(16).padStart(2, "0")).join("");
}
async function solve(puzzle) {
  for (let number = 0; number <= puzzle.maxnumber; number++) {
    if (await digest(puzzle.salt + number) === puzzle.challenge) return number;
  }
  return -1;
}
if (form) {
  const puzzle = JSON.parse(form.dataset.puzzle);
  const answer = solve(puzzle);
  form.addEventListener("submit", async (event) => {
    if (form.altcha) return;
    event.preventDefault();
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "altcha";
    field.value = btoa(JSON.stringify({...puzzle, number: await answer}));
    form.append(field);
    form.submit();
  });
}
