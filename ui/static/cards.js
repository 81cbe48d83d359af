// How products look in an answer and in the cart.

import { h, icon } from './dom.js';

const SHOWN_AT_FIRST = window.matchMedia('(max-width: 560px)').matches ? 4 : 8;

export function picture(product, { server }) {
  const image = h('img', { src: product.picture || server.picture(product.id), alt: '', loading: 'lazy' });
  image.addEventListener('error', () => { image.src = server.picture(product.id); }, { once: true });
  return image;
}

export function stock(product, t) {
  const key = product.in_stock === true ? 'in_stock' : product.in_stock === false ? 'out_of_stock' : 'stock_unknown';
  return h(`p.rg-stock.rg-${key}`, {}, t(key));
}

export function why(product, t) {
  if (!product.why) return null;
  const plain = (line) => line.trim().replace(/\.$/, '');
  const lines = product.why_detail.split('\n').filter((line) => line.trim() && plain(line) !== plain(product.why));
  if (!lines.length) return h('p.rg-why', {}, icon('spark'), h('span', {}, product.why));
  return h('details.rg-evidence', {},
    h('summary', {}, icon('spark'), h('span', { title: product.why }, product.why), h('span.rg-why-more', {}, t('why_this'))),
    h('ul', {}, lines.map((line) => h('li', {}, line))));
}

export function rating(product, t) {
  if (!product.rating) return null;
  return h('p.rg-rating', { title: t('ratings', { value: product.rating, count: product.ratings || '0' }) },
    h('span', { 'aria-hidden': 'true' }, '★ '), product.rating,
    product.ratings ? h('span.rg-ratings', {}, ` (${product.ratings})`) : null);
}

export function notForMe(product, t, onclick) {
  return h('button.rg-icon.rg-not', { type: 'button', title: t('not_for_me'), 'aria-label': `${t('not_for_me')}: ${product.title}`, onclick }, icon('close'));
}

export function card(product, place, page) {
  const { t } = page;
  const open = () => page.product.open(product.id);
  const sold = product.in_stock === false;
  return h('li.rg-card', { 'data-product': product.id },
    h('div.rg-pic', { onclick: open }, picture(product, page), h('span.rg-place', { 'aria-hidden': 'true' }, place)),
    h('div.rg-card-body', {},
      product.category ? h('p.rg-cat', {}, product.category) : null,
      h('h3.rg-title', { title: product.title }, h('button.rg-open', { type: 'button', onclick: open }, product.title)),
      rating(product, t),
      h('p.rg-prices', {},
        h(product.price ? 'span.rg-price' : 'span.rg-noprice', {}, product.price || t('no_price')),
        product.list_price ? h('s.rg-was', { 'aria-label': t('list_price', { price: product.list_price }) }, product.list_price) : null),
      stock(product, t),
      why(product, t),
      h('div.rg-card-foot', {},
        h('button.rg-add', { type: 'button', disabled: sold, onclick: (event) => page.cart.add(product, event.currentTarget) },
          t('add')),
        h('button.rg-icon.rg-ask', {
          type: 'button', title: t('ask_more'), 'aria-label': `${t('ask_more')}: ${product.title}`,
          onclick: () => page.chat.send(t('ask_more_text', { title: product.title })),
        }, icon('chat')))),
    product.why ? notForMe(product, t, (event) => page.turnDown(product, event.currentTarget.closest('.rg-card'))) : null);
}

/** What all products of a comparison state, a row each; null where there is nothing to set side by side. */
function table(products) {
  const rows = products[0]?.facts ?? [];
  if (products.length < 2 || !rows.length || products.some((product) => product.facts?.length !== rows.length)) return null;
  return h('div.rg-compare', {}, h('table', {},
    h('thead', {}, h('tr', {}, h('td'), products.map((product) => h('th', { scope: 'col' }, product.title)))),
    h('tbody', {}, rows.map(([name], at) => h('tr', {},
      h('th', { scope: 'row' }, name), products.map((product) => h('td', {}, product.facts[at][1])))))));
}

export function cardRow(products, page) {
  const items = products.map((product, index) => card(product, index + 1, page));
  const row = h('ul.rg-cards', {}, items);
  if (items.length <= SHOWN_AT_FIRST) return [row, table(products)].filter(Boolean);
  const hidden = items.slice(SHOWN_AT_FIRST);
  hidden.forEach((item) => { item.hidden = true; });
  const more = h('button.rg-more', {
    type: 'button',
    onclick: () => {
      hidden.forEach((item) => { item.hidden = false; });
      more.remove();
      hidden[0].querySelector('button').focus();
    },
  }, page.t('show_more', { count: hidden.length }));
  return [row, more];
}
