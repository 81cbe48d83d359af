// The shop page: header, conversation and cart around one session of our server.

import { h, icon, server, words } from './dom.js';
import { Cart } from './cart.js';
import { Chat } from './chat.js';
import { ProductView } from './product.js';
import { ForYou } from './shelves.js';

export async function start(element, base) {
  const root = element.querySelector('.rg-app') ?? element;
  const offline = 'The shop cannot be reached just now. Check your connection and reload the page.';
  const calls = server(base, offline);
  let session;
  try {
    session = await calls.get('session');
  } catch (error) {
    root.replaceChildren(h('p.rg-loading', { role: 'alert' }, error.message));
    return;
  }
  const t = words(session.words);
  document.documentElement.lang = session.shop.language;

  const page = { t, server: server(base, t('offline')), toast: makeToast(root) };
  page.cart = new Cart(page);
  page.forYou = new ForYou(page);
  page.product = new ProductView(page);
  page.chat = new Chat(page);
  page.turnDown = async (product, card) => {
    if (!(await page.forYou.turnDown(product))) return;
    card.classList.add('rg-gone');
    card.querySelectorAll('button').forEach((button) => { button.disabled = true; });
  };

  const renew = (fresh) => {
    session = fresh;
    page.cart.show(fresh.cart);
    page.chat.show(fresh);
    who.value = fresh.customer.id;
    page.forYou.refresh();
  };
  const ask = (path, body) => page.server.post(path, body).then(renew, (error) => {
    page.toast(error.message);
    who.value = session.customer.id;
  });

  const who = h('select', { 'aria-label': t('you_are'), title: t('demo_note'), onchange: () => ask('identity', { customer_id: who.value }) },
    h('option', { value: '' }, t('guest')),
    session.customers.map((each) => h('option', { value: each.id }, each.label)));
  if (session.customer.id && !session.customers.some((each) => each.id === session.customer.id)) {
    who.append(h('option', { value: session.customer.id }, session.customer.label));
  }
  const identity = session.may_pick
    ? h('label.rg-who', {}, h('span', {}, t('you_are')), who)
    : h('p.rg-who', {}, session.customer.id ? session.customer.label : t('guest'));

  const button = (kind, name, label, short, onclick) => h(`button.rg-head-button.${kind}`, { type: 'button', title: label, 'aria-label': label, onclick },
    icon(name), h('span.rg-label', {}, label), short ? h('span.rg-short', {}, short) : null);

  root.replaceChildren(
    h('header.rg-head', {},
      h('div.rg-brand', {},
        h('span.rg-mark', { 'aria-hidden': 'true' }, session.shop.name.slice(0, 1)),
        h('div.rg-name', {}, h('h1', {}, session.shop.name), h('span.rg-badge', {}, t('assistant')))),
      identity,
      h('nav.rg-actions', {},
        button('rg-person', 'person', t('person'), t('person_short'), () => page.chat.send(t('ask_person'))),
        button('rg-new', 'fresh', t('new_chat'), '', () => ask('conversation', {})),
        page.cart.button)),
    h('div.rg-main', {},
      h('main.rg-chat', {}, page.chat.log, page.chat.form),
      page.cart.panel),
    page.product.element,
    page.cart.shade,
    page.toast.element);
  root.removeAttribute('aria-busy');

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (page.cart.isOpen) page.cart.close(); else page.chat.stop();
  });
  renew(session);
  if (window.matchMedia('(pointer: fine)').matches) page.chat.input.focus({ preventScroll: true });
}

function makeToast() {
  const element = h('div.rg-toast', { role: 'status', 'aria-live': 'polite' });
  let timer;
  const toast = (text, label = '', action = null) => {
    clearTimeout(timer);
    const hide = () => element.classList.remove('rg-open');
    element.replaceChildren(h('span', {}, text),
      label ? h('button', { type: 'button', onclick: () => { hide(); action(); } }, label) : '');
    element.classList.add('rg-open');
    timer = setTimeout(hide, label ? 7000 : 3500);
  };
  toast.element = element;
  return toast;
}
