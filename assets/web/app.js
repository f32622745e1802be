// What a script adds to pages that work without one. ES2018, nothing inline, nothing evaluated.
(function () {
  'use strict';
  var root = document.documentElement;

  // The look changes at once; the cookie keeps it for the next page.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    var pressed = event.submitter || document.activeElement;
    if (!form.hasAttribute('data-theme-switch') || !pressed || pressed.name !== 'theme') { return; }
    event.preventDefault();
    document.cookie = 'lode_theme=' + pressed.value + '; Path=/; Max-Age=31536000; SameSite=Lax';
    root.setAttribute('data-theme', pressed.value);
    form.querySelectorAll('button').forEach(function (button) {
      button.setAttribute('aria-pressed', String(button === pressed));
    });
    document.dispatchEvent(new CustomEvent('lode:theme'));
  });
})();
