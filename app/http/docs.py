"""/docs: the OpenAPI document as a readable page, from this server alone (no CDN)."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from app.http.openapi import build

_POLICY = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"
_CACHED = {"cache-control": "no-cache"}
"""Kept by a browser, which asks before it uses it again: the same for everybody."""
_PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #ddd;text-transform:capitalize}
details{border:1px solid #ddd;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:#f5f5f7;padding:.7rem;overflow:auto;border-radius:6px}
pre.e{background:none;border:1px dashed #ccc}
b.m{display:inline-block;width:4.5rem}table{border-collapse:collapse}
td,th{text-align:left;padding:.15rem .8rem .15rem 0;
vertical-align:top}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}pre{background:#1e1e20}
details,h2{border-color:#333}}</style></head>
<body><h1>Parley API</h1><p>Every path, shape and problem of this server, also as <a href="/openapi.json">OpenAPI</a>.
Send <code>Authorization: Bearer &lt;token or API key&gt;</code>,
or an API key as <code>X-API-Key</code>.</p><main id="main">Loading\xe2\x80\xa6</main>
<script src="/docs.js"></script></body></html>
"""
_SCRIPT = rb"""'use strict';
const el = (tag, props, ...kids) => { const e = Object.assign(document.createElement(tag), props || {});
  e.append(...kids.filter(k => k != null)); return e; };
const name = ref => ref.split('/').pop();
const at = (doc, x) => { while (x && x.$ref) x = x.$ref.slice(2).split('/').reduce((o, k) => o[k], doc); return x; };
function shape(doc, s, depth) {
  if (!s) return '';
  if (s.$ref) { const t = doc.components.schemas[name(s.$ref)];
    return depth > 3 ? name(s.$ref) : shape(doc, t, depth); }
  const any = s.oneOf || s.anyOf;
  if (any) return any.map(x => shape(doc, x, depth + 1)).join(' | ');
  if (s.type === 'array') return '[' + shape(doc, s.items, depth + 1) + ']';
  if (s.properties) { const pad = '  '.repeat(depth + 1), need = s.required || [];
    return '{\n' + Object.entries(s.properties).map(([k, v]) =>
      pad + k + (need.includes(k) ? '' : '?') + ': ' + shape(doc, v, depth + 1)).join('\n') + '\n' +
      '  '.repeat(depth) + '}'; }
  if (s.enum) return s.enum.map(x => JSON.stringify(x)).join(' | ');
  if (s.const !== undefined) return JSON.stringify(s.const);
  let t = [].concat(s.type || 'any').join(' | ') + (s.format ? ' (' + s.format + ')' : '');
  if (s.minimum !== undefined || s.maximum !== undefined) t += ' ' + (s.minimum ?? '') + '..' + (s.maximum ?? '');
  if (s.maxLength) t += ' up to ' + s.maxLength;
  if (s.examples) { const e = Array.isArray(s.examples) ? s.examples[0] : Object.values(s.examples)[0]?.value;
    if (e !== undefined) t += ', e.g. ' + JSON.stringify(e); }
  return t;
}
const shown = x => x.example !== undefined ? [x.example] : Object.values(x.examples || {}).map(e => e.value);
function body(doc, content) { const c = content && Object.values(content)[0];
  if (!c) return []; const made = c.schema ? [el('pre', { textContent: shape(doc, c.schema, 0) })] : [];
  return made.concat(shown(c).map(e => el('pre', { className: 'e',
    textContent: typeof e === 'string' ? e : JSON.stringify(e, null, 1) }))); }
fetch('/openapi.json').then(r => r.json()).then(doc => {
  const groups = Object.fromEntries((doc.tags || []).map(t => [t.name, []]));
  for (const [path, item] of Object.entries(doc.paths)) for (const [method, op] of Object.entries(item))
    (groups[(op.tags || ['other'])[0]] ||= []).push([method.toUpperCase(), path, op]);
  const main = document.getElementById('main'); main.textContent = '';
  for (const [tag, list] of Object.entries(groups)) { main.append(el('h2', { textContent: tag }));
    for (const [method, path, op] of list) { const d = el('details', null, el('summary', null,
        el('b', { className: 'm', textContent: method }), el('code', { textContent: path }), ' ' + (op.summary || '')));
      if (op.description) d.append(el('p', { textContent: op.description }));
      const params = (op.parameters || []).map(p => at(doc, p));
      if (params.length) { d.append(el('h4', { textContent: 'Parameters' }), el('table', null,
        ...params.map(p => el('tr', null, el('td', null, el('code', { textContent: p.name })),
          el('td', { textContent: shape(doc, p.schema, 3) + ', e.g. ' + p.example }),
          el('td', { textContent: p.description || '' }))))); }
      if (op.requestBody) d.append(el('h4', { textContent: 'Body' }), ...body(doc, op.requestBody.content));
      for (const [status, ref] of Object.entries(op.responses || {})) { const r = at(doc, ref);
        d.append(el('h4', { textContent: status + ' ' + (r.description || '') }));
        if (status < 300) d.append(...body(doc, r.content));
        else for (const c of Object.values(r.content || {})) for (const e of shown(c))
          d.append(el('code', { textContent: e.code }), ' ' + e.detail, el('br')); }
      main.append(d); } }
}).catch(e => { document.getElementById('main').textContent = 'The document could not be loaded: ' + e; });
"""


@get("/openapi.json")
async def document(request: Request[Any, Any, State]) -> Response[bytes]:
    """The OpenAPI document."""
    state = request.app.state
    if "openapi" not in state:
        state.openapi = msgspec.json.encode(build.document(request.app))
    return Response(state.openapi, media_type="application/json", headers=_CACHED)


@get("/docs")
async def page() -> Response[bytes]:
    """The page."""
    return Response(_PAGE, media_type="text/html", headers={"content-security-policy": _POLICY, **_CACHED})


@get("/docs.js")
async def script() -> Response[bytes]:
    """Its script."""
    return Response(_SCRIPT, media_type="text/javascript", headers=_CACHED)
