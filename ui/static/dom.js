// Building blocks of the page. Nothing here or elsewhere ever parses a string as HTML: text that
// comes from a shop or a customer only ever becomes a text node or an attribute value.

const SVG = 'http://www.w3.org/2000/svg';

const ICONS = {
  send: ['M5 12h13', 'M12.5 5.5 19 12l-6.500 6.500'],
  stop: ['M7.500 7.500h9v9h-9z'],
  person: ['M12 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z', 'M5 20c.6-3.600 3.400-5.500 7-5.500s6.400 1.900 7 5.500'],
  fresh: ['M12 5v14', 'M5 12h14'],
  cart: ['M6.500 9h11l1 10.500h-13z', 'M9 11.500V8a3 3 0 0 1 6 0v3.500'],
  close: ['M6 6l12 12', 'M18 6 6 18'],
  up: ['M7.500 11v8.500h9.800a1.800 1.800 0 0 0 1.800-1.400l1.200-5.300a1.500 1.500 0 0 0-1.500-1.800H14V6.500a2 2 0 0 0-2-2L8.500 11z', 'M7.500 11H4v8.500h3.500'],
  down: ['M7.500 13V4.500h9.800a1.800 1.800 0 0 1 1.800 1.400l1.200 5.300a1.500 1.500 0 0 1-1.500 1.800H14v4.500a2 2 0 0 1-2 2L8.500 13z', 'M7.500 13H4V4.500h3.500'],
  spark: ['M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z', 'M18.500 16.500v4', 'M16.500 18.500h4'],
  plus: ['M12 6v12', 'M6 12h12'],
  minus: ['M6 12h12'],
  bin: ['M5 7h14', 'M9.500 7V4.500h5V7', 'M7 7l.8 12.500h8.400L17 7'],
  chat: ['M5 5.500h14v10H11l-4 3.500v-3.500H5z'],
  book: ['M6 4.500h12v15H7.500A1.500 1.500 0 0 1 6 18z', 'M6 18a1.500 1.500 0 0 1 1.500-1.500H18'],
};

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [key, value] of Object.entries({
    viewBox: '0 0 24 24', width: 20, height: 20, fill: 'none', stroke: 'currentColor',
    'stroke-width': 1.700, 'stroke-linecap': 'round', 'stroke-linejoin': 'round',
    'aria-hidden': 'true', focusable: 'false',
  })) svg.setAttribute(key, value);
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** h('button.rg-add', { onclick, title }, 'text', node, …): an element; null children are left out. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** The shop's words: t('added', { title }) puts values into the sentence. */
export function words(table) {
  return (key, values = {}) =>
    (table[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A reply's text: blank lines part paragraphs, lines that begin with "- " or "• " make a list. */
export function prose(text) {
  const blocks = [];
  let list = null;
  for (const line of text.split('\n')) {
    const item = line.match(/^\s*[-•*]\s+(.*)$/);
    if (item) {
      if (!list) blocks.push((list = h('ul')));
      list.append(h('li', {}, item[1]));
    } else {
      list = null;
      if (line.trim()) blocks.push(h('p', {}, line.trim()));
    }
  }
  return blocks;
}

/** Calls to our own server. A refusal throws an Error whose message is fit to be shown. */
export function server(base, offline) {
  async function call(path, options) {
    let answer;
    try {
      answer = await fetch(new URL(`api/${path}`, base), options);
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new Error(offline);
    }
    if (!answer.ok) {
      const refusal = await answer.json().catch(() => ({}));
      throw new Error(refusal.error || offline);
    }
    return answer;
  }
  const post = (body, signal) => ({
    method: 'POST', signal, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  return {
    get: (path) => call(path).then((answer) => answer.json()),
    post: (path, body = {}) => call(path, post(body)).then((answer) => answer.json()),
    picture: (id) => new URL(`api/picture?id=${encodeURIComponent(id)}`, base).href,
    /** Yields the events of one reply as they arrive. */
    async *stream(path, body, signal) {
      const answer = await call(path, post(body, signal));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const parts = (rest + value).split('\n\n');
        rest = parts.pop();
        for (const part of parts) if (part.startsWith('data: ')) yield JSON.parse(part.slice(6));
      }
    },
  };
}
