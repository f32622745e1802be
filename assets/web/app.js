// What a script adds to pages that work without one. ES2018, nothing inline, nothing evaluated.
(function () {
  'use strict';
  var root = document.documentElement;
  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }

  // The look changes at once; the cookie keeps it for the next page.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    var pressed = event.submitter || document.activeElement;
    if (!form.hasAttribute('data-theme-switch') || !pressed || pressed.name !== 'theme') { return; }
    event.preventDefault();
    document.cookie = 'lode_theme=' + pressed.value + '; Path=/; Max-Age=31536000; SameSite=Lax';
    root.setAttribute('data-theme', pressed.value);
    all('button', form).forEach(function (button) {
      button.setAttribute('aria-pressed', String(button === pressed));
    });
    document.dispatchEvent(new CustomEvent('lode:theme'));
  });

  // The address changes while one types: language and unit lead back to what is there now.
  function follow() {
    var here = location.pathname + location.search;
    all('input[name="back"]').forEach(function (input) { input.value = here; });
    all('[data-language]').forEach(function (link) {
      var query = location.search.replace(/([?&])lang=en(&|$)/, function (_, before, after) { return after ? before : ''; });
      var english = query !== location.search;
      link.href = location.pathname + (english ? query : query + (query ? '&' : '?') + 'lang=en');
    });
  }

  // Which fields are asked for is said by the answer; a field with something in it stays.
  function showFields() {
    var said = document.querySelector('[data-shown]');
    var form = document.getElementById('form');
    if (!said || !form) { return; }
    var shown = new Set(said.getAttribute('data-shown').split(' '));
    function filled(element) {
      return all('input, select, textarea', element).some(function (input) { return input.value !== '' || input === document.activeElement; });
    }
    all('[data-field]', form).forEach(function (element) {
      element.hidden = !shown.has(element.getAttribute('data-field')) && !filled(element);
    });
    all('[data-fields]', form).forEach(function (element) {
      var names = element.getAttribute('data-fields').split(' ');
      element.hidden = !names.some(function (name) { return shown.has(name); }) && !filled(element);
    });
    all('.error[id]', form).forEach(function (slot) {
      var input = document.getElementById(slot.id.slice(2));
      if (!input) { return; }
      if (slot.textContent.trim()) {
        input.setAttribute('aria-invalid', 'true');
        var fold = input.closest('details');
        if (fold) { fold.open = true; }
      } else { input.removeAttribute('aria-invalid'); }
    });
  }

  // What only a script can do is shown only where there is one.
  function equip() {
    all('[data-copy], [data-print]').forEach(function (button) { button.hidden = false; });
  }

  document.addEventListener('click', function (event) {
    var target = event.target.closest('button, a');
    if (!target) { return; }
    if (target.hasAttribute('data-print')) { window.print(); }
    if (target.hasAttribute('data-fill')) {
      var input = document.getElementById(target.getAttribute('data-fill'));
      input.value = target.getAttribute('data-value');
      input.dispatchEvent(new Event('change', { bubbles: true }));
      input.focus();
    }
    if (target.hasAttribute('data-copy')) {
      var source = document.getElementById(target.getAttribute('data-copy'));
      source.hidden = false;
      source.select();
      var done = document.execCommand('copy');
      source.hidden = true;
      var said = target.parentNode.querySelector('[data-said]');
      if (said && done) { said.textContent = root.lang === 'en' ? 'Copied' : '已复制'; }
    }
    // A link to a field opens what it is folded in and goes to it.
    var hash = target.getAttribute('href');
    if (hash && hash.charAt(0) === '#' && hash.length > 1) {
      var field = document.getElementById(hash.slice(1));
      if (field && field.matches('input, select, textarea')) {
        event.preventDefault();
        var fold = field.closest('details');
        if (fold) { fold.open = true; }
        field.focus();
      }
    }
  });

  document.addEventListener('htmx:afterSettle', function (event) {
    showFields();
    equip();
    follow();
    var asked = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (asked && asked.name === 'add') {
      var rows = document.querySelector('[data-rows="' + asked.value + '"]');
      var items = rows ? rows.querySelectorAll('.row-item') : [];
      var last = items.length ? items[items.length - 1].querySelector('input, select') : null;
      if (last) { last.focus(); }
    }
  });
  document.addEventListener('htmx:pushedIntoHistory', follow);
  document.addEventListener('htmx:replacedInHistory', follow);
  document.addEventListener('DOMContentLoaded', function () { equip(); follow(); });
})();
