// A file is read into the field beside it: without a script its text is pasted there.
"use strict";
for (const input of document.querySelectorAll("input[type=file][data-into]")) {
  const field = document.getElementById(input.dataset.into);
  input.closest("[data-file]").hidden = false;
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (file && file.size <= 1024 * 1024) field.value = await file.text();
    else if (file) field.value = file.name + ": > 1 MB";
    field.focus();
  });
}
