// Charts out of tables: the table is the source and the fallback. ES2018.
(function () {
  'use strict';
  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }
  function color(name) { return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim(); }

  function read(table) {
    var x = Number(table.getAttribute('data-x'));
    var columns = (table.getAttribute('data-y') || '').split(',').filter(Boolean).map(Number);
    var lines = (table.getAttribute('data-line') || '').split(',').filter(Boolean).map(Number);
    var heads = all('thead th', table).map(function (head) { return head.textContent.trim(); });
    var rows = all('tbody tr', table).map(function (row) { return all('td, th', row); });
    function values(column) {
      return rows.map(function (cells) { return Number(cells[column].getAttribute('data-v') || 0); });
    }
    return {
      names: rows.map(function (cells) { return cells[x].textContent.trim(); }),
      bars: columns.map(function (column) { return { name: heads[column], values: values(column) }; }),
      lines: lines.map(function (column) { return { name: heads[column], values: values(column) }; })
    };
  }

  function amount(value) { return Number(value).toLocaleString('en-US', { maximumFractionDigits: 2 }); }
  function short(value) {
    var english = document.documentElement.lang === 'en';
    var size = Math.abs(value);
    if (english) {
      if (size >= 1e9) { return value / 1e9 + 'bn'; }
      if (size >= 1e6) { return value / 1e6 + 'm'; }
      return amount(value);
    }
    if (size >= 1e8) { return value / 1e8 + '亿'; }
    if (size >= 1e4) { return value / 1e4 + '万'; }
    return amount(value);
  }

  function draw(table) {
    var box = table.closest('.scroll');
    var holder = box.previousElementSibling;
    if (!holder || !holder.classList.contains('chart')) {
      holder = document.createElement('div');
      holder.className = 'chart';
      holder.setAttribute('role', 'img');
      var caption = table.querySelector('caption');
      holder.setAttribute('aria-label', caption ? caption.textContent : '');
      box.parentNode.insertBefore(holder, box);
    }
    var known = echarts.getInstanceByDom(holder);
    if (known) { known.dispose(); }
    var data = read(table);
    var ink = color('ink');
    var muted = color('muted');
    var line = color('line');
    var font = getComputedStyle(document.body).fontFamily;
    var several = data.bars.length + data.lines.length > 1;
    var axis = { axisLine: { lineStyle: { color: color('edge') } }, axisLabel: { color: muted }, splitLine: { lineStyle: { color: line } } };
    var chart = echarts.init(holder, null, { renderer: 'canvas' });
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: font, color: ink },
      color: [1, 2, 3, 4, 5, 6, 7, 8].map(function (number) { return color('c' + number); }),
      grid: { left: 12, right: 16, top: several ? 48 : 16, bottom: 8, containLabel: true },
      legend: several ? { top: 4, textStyle: { color: ink } } : undefined,
      tooltip: { trigger: 'axis', renderMode: 'richText', valueFormatter: amount, backgroundColor: color('surface'), borderColor: line, textStyle: { color: ink } },
      xAxis: Object.assign({ type: 'category', data: data.names }, axis),
      yAxis: Object.assign({ type: 'value' }, axis, { axisLabel: { color: muted, formatter: short } }),
      series: data.bars.map(function (one) {
        return { type: 'bar', name: one.name, data: one.values, stack: table.hasAttribute('data-stack') ? 'all' : undefined, barMaxWidth: 48 };
      }).concat(data.lines.map(function (one) {
        return { type: 'line', name: one.name, data: one.values, symbolSize: 6 };
      }))
    });
  }

  function drawAll() { if (window.echarts) { all('table[data-chart]').forEach(draw); } }
  var waiting = 0;
  window.addEventListener('resize', function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      all('.chart').forEach(function (holder) {
        var chart = echarts.getInstanceByDom(holder);
        if (chart) { chart.resize(); }
      });
    }, 150);
  });
  document.addEventListener('DOMContentLoaded', drawAll);
  document.addEventListener('htmx:afterSettle', drawAll);
  document.addEventListener('lode:theme', drawAll);
})();
