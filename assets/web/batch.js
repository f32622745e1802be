// A file goes through the API: first rows and faults before anything runs, progress, download. ES2018.
(function () {
  'use strict';
  var form = document.querySelector('[data-batch]');
  if (!form) { return; }
  var english = document.documentElement.lang === 'en';
  function say(zh, en) { return english ? en : zh; }
  function part(name) { return form.querySelector('[data-' + name + ']'); }
  var types = {};
  form.getAttribute('data-forms').split(' ').forEach(function (pair) {
    var at = pair.indexOf('=');
    types[pair.slice(0, at)] = pair.slice(at + 1);
  });
  var input = document.getElementById('file');
  var topic = document.getElementById('topic');
  var rows = document.getElementById('rows');
  var checked = document.getElementById('checked');
  var file = null;
  part('file').hidden = false;
  part('paste').open = rows.value !== '';

  function extension(name) { return (name.split('.').pop() || '').toLowerCase(); }
  function trouble(text) {
    checked.textContent = '';
    var box = document.createElement('div');
    box.className = 'notice bad';
    box.setAttribute('role', 'alert');
    box.textContent = text;
    checked.appendChild(box);
  }

  // The beginning of a text file, in the encoding that it can be read in.
  function beginning(blob) {
    return blob.slice(0, 65536).arrayBuffer().then(function (bytes) {
      // A character may be cut in two at the end; the last line is left out then anyway.
      try { return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }); } catch (_) { return new TextDecoder('gb18030').decode(bytes, { stream: true }); }
    }).then(function (text) {
      return blob.size > 65536 ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
    });
  }
  if (!Blob.prototype.arrayBuffer) {
    Blob.prototype.arrayBuffer = function () { return new Response(this).arrayBuffer(); };
  }

  function check(text) {
    var body = new URLSearchParams();
    body.set('topic', topic.value);
    body.set('what', 'check');
    body.set('rows', text);
    return show(form.action, { 'HX-Request': 'true' }, body);
  }
  // What the service says of the first rows. Only the latest answer counts: another file may have been chosen meanwhile.
  var asked = 0;
  function show(address, headers, body) {
    asked += 1;
    var mine = asked;
    return fetch(address, { method: 'POST', headers: headers, body: body, credentials: 'same-origin' })
      .then(function (answer) { if (!answer.ok) { throw new Error(answer.status); } return answer.text(); })
      .then(function (html) { if (mine === asked) { checked.innerHTML = html; } })
      .catch(function () { trouble(say('无法连接服务', 'The service cannot be reached')); });
  }

  function choose(chosen) {
    file = chosen;
    part('done').hidden = true;
    part('running').hidden = true;
    checked.textContent = '';
    part('name').textContent = file ? file.name + ' · ' + Math.ceil(file.size / 1024) + ' KB' : '';
    if (!file) { return; }
    if (!types[extension(file.name)]) {
      trouble(say('不支持这种文件；可用：', 'This kind of file is not taken; there are: ') + Object.keys(types).join(say('、', ', ')));
      file = null;
    } else if (types[extension(file.name)].indexOf('text/') === 0 || extension(file.name) === 'jsonl') {
      beginning(file).then(check);
    } else if (file.size <= 16777216) {
      show(form.action + (english ? '&' : '?') + 'file=1&topic=' + topic.value, { 'HX-Request': 'true', 'Content-Type': types[extension(file.name)] }, file);
    } else {
      checked.textContent = say('文件较大，在计算时检查，有误的行在结果中列出。', 'A file of this size is checked while it is computed; rows that are wrong say so in the result.');
    }
  }

  input.addEventListener('change', function () { choose(input.files[0] || null); });
  topic.addEventListener('change', function () {
    part('template').href = '/v1/templates/' + topic.value + '.xlsx' + (english ? '?lang=en' : '');
    choose(file);
  });
  ['dragover', 'dragleave', 'drop'].forEach(function (kind) {
    part('drop').addEventListener(kind, function (event) {
      event.preventDefault();
      part('drop').classList.toggle('over', kind === 'dragover');
      if (kind === 'drop' && event.dataTransfer.files.length) { choose(event.dataTransfer.files[0]); }
    });
  });

  function progress(done, total, text) {
    part('running').hidden = false;
    var bar = document.getElementById('progress');
    if (total) { bar.max = total; bar.value = done; } else { bar.removeAttribute('value'); }
    part('state').textContent = text;
  }
  function finished(href, name, counts) {
    part('running').hidden = true;
    part('done').hidden = false;
    var link = part('result');
    link.href = href;
    link.setAttribute('download', name);
    part('counts').textContent = counts;
    link.focus();
  }
  function counted(all, refused) { return say(all + ' 行，其中有误 ' + refused + ' 行', all + ' rows, ' + refused + ' of them refused'); }

  function follow(place) {
    var events = new EventSource(place + '/events');
    function heard(event) {
      var job = JSON.parse(event.data);
      progress(job.done, job.total, say('已计算 ' + job.done + ' 行', job.done + ' rows computed'));
      if (job.state === 'done') {
        events.close();
        finished(place + '/result', job.result ? job.result.name : 'result', counted(job.done, job.failed));
      } else if (job.state === 'failed' || job.state === 'cancelled') {
        events.close();
        part('running').hidden = true;
        trouble(job.failure ? job.failure.detail : say('作业未完成', 'The job was not finished'));
      }
    }
    ['waiting', 'running', 'done', 'failed', 'cancelled'].forEach(function (name) { events.addEventListener(name, heard); });
  }

  form.addEventListener('submit', function (event) {
    var pressed = event.submitter || document.activeElement;
    if (!file) {
      if (pressed && pressed.value === 'check' && rows.value.trim()) {
        event.preventDefault();
        check(rows.value);
      }
      return;
    }
    event.preventDefault();
    if (pressed && pressed.value === 'check') { choose(file); return; }
    var kind = extension(file.name);
    part('done').hidden = true;
    progress(0, 0, say('正在计算…', 'Computing…'));
    fetch('/v1/batches/' + topic.value + (english ? '?lang=en' : ''), { method: 'POST', headers: { 'Content-Type': types[kind] }, body: file, credentials: 'same-origin' })
      .then(function (answer) {
        if (answer.status === 202) { follow(answer.headers.get('Location')); return null; }
        if (!answer.ok) {
          return answer.json().then(function (problem) {
            part('running').hidden = true;
            trouble(problem.detail);
          });
        }
        return answer.blob().then(function (blob) {
          finished(URL.createObjectURL(blob), topic.value + '.' + kind, counted(answer.headers.get('Batch-Rows'), answer.headers.get('Batch-Refused')));
        });
      })
      .catch(function () {
        part('running').hidden = true;
        trouble(say('无法连接服务', 'The service cannot be reached'));
      });
  });
})();
