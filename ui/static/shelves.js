// Rows of recommended products: "for you" under the welcome, "goes with this" in the product view.

import { h } from './dom.js';
import { notForMe, picture, why } from './cards.js';

/** A product in a row: its picture and name open the product view. */
function tile(product, page, { onGone = null } = {}) {
  const { t } = page;
  const open = () => page.product.open(product.id);
  return h('li.rg-tile', { 'data-product': product.id },
    h('button.rg-tile-open', { type: 'button', onclick: open, 'aria-label': `${t('view')}: ${product.title}` },
      h('span.rg-tile-pic', {}, picture(product, page)),
      h('span.rg-tile-title', { title: product.title }, product.title),
      h('span.rg-tile-price', {}, product.price || t('no_price'))),
    why(product, t),
    h('div.rg-tile-foot', {},
      h('button.rg-add', { type: 'button', disabled: product.in_stock === false, onclick: (event) => page.cart.add(product, event.currentTarget) }, t('add'))),
    onGone ? notForMe(product, t, () => onGone(product)) : null);
}

export function row(title, products, page, options = {}) {
  if (!products.length) return null;
  return h('section.rg-row', { 'aria-label': title },
    h('h3.rg-row-title', {}, title),
    h('ul.rg-tiles', { tabindex: 0, 'aria-label': title }, products.map((each) => tile(each, page, options))));
}

/** The row under the welcome. It is read again after whatever the visitor does with a product. */
export class ForYou {
  constructor(page) {
    this.page = page;
    this.element = h('div.rg-foryou');
  }

  async refresh() {
    try {
      this.show(await this.page.server.get('for-you'));
    } catch {
      this.element.replaceChildren();  // a shop without this row is still a shop
    }
  }

  show({ personal, cards }) {
    const { t } = this.page;
    const shown = row(t(personal ? 'for_you' : 'popular_now'), cards, this.page, { onGone: (product) => this.#turnDownHere(product) });
    this.element.replaceChildren(...(shown ? [shown] : []));
  }

  async #turnDownHere(product) {
    if (await this.turnDown(product)) (this.element.querySelector('.rg-not') ?? this.page.chat.input).focus({ preventScroll: true });
  }

  /** "Not for me", said of a product anywhere on the page; whether the shop has noted it. */
  async turnDown(product) {
    const { server, t, toast } = this.page;
    try {
      this.show(await server.post('not-for-me', { product_id: product.id }));
      toast(t('not_for_me_done', { title: product.title }));
      return true;
    } catch (error) {
      toast(error.message);
      return false;
    }
  }
}
