// The demo cart: a side panel on wide screens, a sheet on phones. The server holds what is in it.

import { h, icon } from './dom.js';
import { picture } from './cards.js';

const WIDE = window.matchMedia('(min-width: 1100px)');

export class Cart {
  constructor(page) {
    this.page = page;
    const { t } = page;
    this.badge = h('span.rg-count', { 'aria-hidden': 'true' });
    this.button = h('button.rg-head-button.rg-cart-open', { type: 'button', onclick: () => this.open() },
      icon('cart'), h('span.rg-label', {}, t('cart')), this.badge);
    this.body = h('div.rg-cart-body');
    this.closer = h('button.rg-icon.rg-cart-close', { type: 'button', 'aria-label': t('close'), onclick: () => this.close() }, icon('close'));
    this.panel = h('aside.rg-cart', { 'aria-label': t('cart_title') },
      h('header.rg-cart-head', {}, h('h2', {}, t('cart_title')), this.closer), this.body);
    this.shade = h('div.rg-shade', { onclick: () => this.close() });
    this.panel.addEventListener('keydown', (event) => this.#keepFocus(event));
    WIDE.addEventListener('change', () => this.close());
  }

  get isOpen() { return this.panel.classList.contains('rg-open'); }

  open() {
    if (WIDE.matches) { this.panel.querySelector('button:not(.rg-cart-close)')?.focus(); return; }
    this.panel.classList.add('rg-open');
    this.shade.classList.add('rg-open');
    this.panel.setAttribute('role', 'dialog');
    this.panel.setAttribute('aria-modal', 'true');
    this.closer.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.panel.classList.remove('rg-open');
    this.shade.classList.remove('rg-open');
    this.panel.removeAttribute('role');
    this.panel.removeAttribute('aria-modal');
    this.button.focus();
  }

  #keepFocus(event) {
    if (event.key !== 'Tab' || !this.isOpen) return;
    const stops = [...this.panel.querySelectorAll('button:not(:disabled)')];
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  show(cart) {
    const { t } = this.page;
    this.cart = cart;
    this.badge.textContent = cart.count || '';
    this.button.setAttribute('aria-label', t('cart_open', { count: cart.count }));
    if (!cart.lines.length) {
      this.body.replaceChildren(h('div.rg-cart-empty', {}, icon('cart'), h('p', {}, t('cart_empty'))));
      return;
    }
    this.body.replaceChildren(
      h('ul.rg-lines', {}, cart.lines.map((line) => this.#line(line))),
      h('div.rg-cart-foot', {},
        h('p.rg-total', {}, h('span', {}, t('cart_total')), h('strong', {}, cart.total || '–')),
        cart.unpriced ? h('p.rg-note', {}, t('cart_unpriced', { count: cart.unpriced })) : null,
        h('p.rg-note', {}, t('cart_note'))));
  }

  #line(line) {
    const { t } = this.page;
    const step = (name, label, quantity) => h('button.rg-icon', {
      type: 'button', 'aria-label': `${t(label)}: ${line.title}`, 'data-do': `${label} ${line.id}`,
      onclick: () => this.set(line, quantity, `${label} ${line.id}`),
    }, icon(name));
    return h('li.rg-line', { 'data-product': line.id },
      h('div.rg-line-pic', {}, picture(line, this.page)),
      h('div.rg-line-body', {},
        h('p.rg-line-title', {}, line.title),
        h('div.rg-line-row', {},
          h('div.rg-steps', {}, step('minus', 'less', line.quantity - 1),
            h('span.rg-quantity', {}, line.quantity), step('plus', 'more', Math.min(line.quantity + 1, 99))),
          h('span.rg-line-sum', {}, line.sum || t('no_price')),
          step('bin', 'remove', 0))));
  }

  async set(product, quantity, focus = '') {
    const { t, server, toast } = this.page;
    const before = this.cart.lines.find((line) => line.id === product.id)?.quantity ?? 0;
    try {
      this.show(await server.post('cart', { product_id: product.id, quantity }));
    } catch (error) {
      toast(error.message);
      return false;
    }
    if (focus) (this.body.querySelector(`[data-do="${CSS.escape(focus)}"]`) ?? this.closer).focus();
    if (quantity === 0) toast(t('removed', { title: product.title }), t('undo'), () => this.set(product, before));
    return true;
  }

  async add(product, button) {
    const held = this.cart.lines.find((line) => line.id === product.id)?.quantity ?? 0;
    button.disabled = true;
    const done = await this.set(product, Math.min(held + 1, 99));
    button.disabled = false;
    if (!done) return;
    button.classList.add('rg-done');
    setTimeout(() => button.classList.remove('rg-done'), 1500);
    this.page.toast(this.page.t('added', { title: product.title }));
    this.page.forYou.refresh();
  }
}
