// One product in full, in a dialog, with what goes with it. Opening it is a product view.

import { h, icon } from './dom.js';
import { picture, rating, stock } from './cards.js';
import { row } from './shelves.js';

export class ProductView {
  constructor(page) {
    this.page = page;
    const { t } = page;
    this.body = h('div.rg-product-body');
    const closer = h('button.rg-icon.rg-product-close', { type: 'button', 'aria-label': t('close'), onclick: () => this.close() }, icon('close'));
    this.element = h('dialog.rg-product', { 'aria-labelledby': 'rg-product-title' }, closer, this.body);
    this.element.addEventListener('click', (event) => { if (event.target === this.element) this.close(); });
    this.element.addEventListener('close', () => page.forYou.refresh());
  }

  close() { this.element.close(); }

  async open(id) {
    const { server, toast } = this.page;
    try {
      this.#draw(await server.post('view', { product_id: id }));
    } catch (error) {
      toast(error.message);
      return;
    }
    if (!this.element.open) this.element.showModal();
    this.element.scrollTop = 0;
  }

  #draw({ card, description, bullets, facts, goes_with: others }) {
    const { t, cart, chat } = this.page;
    const ask = (text) => { this.close(); chat.send(text); };
    this.body.replaceChildren(
      h('div.rg-product-top', {},
        h('div.rg-product-pic', {}, picture(card, this.page)),
        h('div.rg-product-main', {},
          card.category ? h('p.rg-cat', {}, card.category) : null,
          h('h2', { id: 'rg-product-title' }, card.title),
          rating(card, t),
          h('p.rg-prices', {}, h(card.price ? 'span.rg-price' : 'span.rg-noprice', {}, card.price || t('no_price')),
            card.list_price ? h('s.rg-was', { 'aria-label': t('list_price', { price: card.list_price }) }, card.list_price) : null),
          stock(card, t),
          h('div.rg-product-foot', {},
            h('button.rg-add', { type: 'button', disabled: card.in_stock === false, onclick: (event) => cart.add(card, event.currentTarget) }, t('add')),
            h('button.rg-head-button', { type: 'button', onclick: () => ask(t('ask_more_text', { title: card.title })) }, icon('chat'), t('ask_more'))))),
      ...[description ? h('p.rg-product-text', {}, description) : null,
        bullets.length ? h('ul.rg-product-list', {}, bullets.map((each) => h('li', {}, each))) : null,
        facts.length ? h('dl.rg-product-facts', {}, facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])) : null,
        row(t('goes_with'), others, this.page)].filter(Boolean));
  }
}
