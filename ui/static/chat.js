// The conversation: sends a message, draws the reply while it arrives, and draws kept turns again.

import { h, icon, prose } from './dom.js';
import { cardRow } from './cards.js';

const MAX_CHARS = 2000;

export class Chat {
  constructor(page) {
    this.page = page;
    const { t } = page;
    this.log = h('div.rg-log', { role: 'log', 'aria-live': 'polite', 'aria-label': t('assistant'), tabindex: 0 });
    this.input = h('textarea', {
      rows: 1, maxlength: MAX_CHARS, placeholder: t('placeholder'), 'aria-label': t('message_label'),
      enterkeyhint: 'send', autocomplete: 'off',
    });
    this.button = h('button.rg-send', { type: 'submit', 'aria-label': t('send'), title: t('send') }, icon('send'));
    this.form = h('form.rg-form', {}, h('div.rg-field', {}, this.input, this.button));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.running) this.stop(); else this.send(this.input.value);
    });
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        if (!this.running) this.send(this.input.value);
      }
    });
    this.input.addEventListener('input', () => this.#grow());
    this.running = null;
  }

  /** Draw a session from the start: the welcome and the turns so far. */
  show(session) {
    this.stop();
    const { t } = this.page;
    const known = Boolean(session.customer.id);
    this.welcome = h('section.rg-welcome', {},
      h('span.rg-mark.rg-mark-large', { 'aria-hidden': 'true' }, session.shop.name.slice(0, 1)),
      h('h2', {}, t(known ? 'hello_name' : 'hello')),
      h('p', {}, t('introduction', { shop: session.shop.name })),
      session.turns.length ? null : h('div.rg-starters', {}, session.starters.map((text) => this.#chip(text, 'rg-starter'))),
      this.page.forYou.element);
    this.log.replaceChildren(this.welcome);
    for (const turn of session.turns) this.#keptTurn(turn);
    const last = session.turns.at(-1);
    if (last?.options.length) this.#options(this.last, last.options);
    requestAnimationFrame(() => { this.log.scrollTop = session.turns.length ? this.log.scrollHeight : 0; });
  }

  #chip(text, kind = 'rg-chip') {
    return h(`button.${kind}`, { type: 'button', onclick: () => this.send(text) }, text);
  }

  #grow() {
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
  }

  /** The places of one exchange, in reading order, whatever order its events arrive in. */
  #newTurn(message) {
    const { t } = this.page;
    const turn = { message, text: '' };
    turn.words = h('div.rg-words');
    turn.cards = h('div.rg-shelf');
    turn.notes = h('div.rg-notes');
    turn.tools = h('div.rg-tools');
    turn.chips = h('div.rg-chips');
    turn.element = h('section.rg-turn', {},
      h('div.rg-said', {}, h('span.rg-hidden', {}, `${t('you')}: `), message),
      h('div.rg-answer', {},
        h('span.rg-hidden', {}, `${t('assistant')}: `), turn.words, turn.cards, turn.notes, turn.tools, turn.chips));
    this.log.append(turn.element);
    this.last = turn;
    return turn;
  }

  #keptTurn(kept) {
    const turn = this.#newTurn(kept.message);
    turn.words.replaceChildren(...prose(kept.reply));
    if (kept.cards.length) turn.cards.replaceChildren(...cardRow(kept.cards, this.page));
    if (kept.handoff) this.#handoff(turn, kept.handoff);
    this.#tools(turn, kept.turn_id, kept.sources, kept.vote);
  }

  async send(text) {
    const message = text.trim();
    if (!message || this.running) return;
    const { t, server } = this.page;
    this.input.value = '';
    this.#grow();
    this.welcome.querySelector('.rg-starters')?.remove();
    this.log.querySelectorAll('.rg-chips').forEach((chips) => chips.replaceChildren());
    this.log.querySelectorAll('.rg-retry').forEach((button) => button.remove());
    const turn = this.#newTurn(message);
    turn.words.append(h('span.rg-dots', { role: 'img', 'aria-label': t('thinking') }, h('i'), h('i'), h('i')));
    turn.element.setAttribute('aria-busy', 'true');
    this.#follow(turn);
    const running = (this.running = new AbortController());
    this.#showRunning(true);
    try {
      for await (const event of server.stream('chat', { message }, running.signal)) {
        this.#take(turn, event);
        this.#follow(turn);
      }
      if (!turn.done && !turn.failed) this.#fail(turn, t('offline'));
    } catch (error) {
      if (error.name === 'AbortError') turn.words.append(h('p.rg-stopped', {}, t('stopped')));
      else this.#fail(turn, error.message);
    }
    turn.words.querySelector('.rg-dots')?.remove();
    turn.element.removeAttribute('aria-busy');
    if (this.running === running) { this.running = null; this.#showRunning(false); }
    this.#follow(turn);
  }

  stop() { this.running?.abort(); }

  #showRunning(on) {
    const name = on ? 'stop' : 'send';
    this.button.replaceChildren(icon(name));
    this.button.setAttribute('aria-label', this.page.t(name));
    this.button.title = this.page.t(name);
  }

  #take(turn, event) {
    switch (event.type) {
      case 'text':
        turn.text += event.text;
        turn.words.replaceChildren(...prose(turn.text));
        break;
      case 'cards':
        turn.cards.replaceChildren(...cardRow(event.cards, this.page));
        break;
      case 'sources': turn.sources = event.sources; break;
      case 'quick_replies': turn.options = event.options; break;
      case 'handoff': this.#handoff(turn, event); break;
      case 'done':
        turn.done = true;
        if (event.reply && event.reply !== turn.text) turn.words.replaceChildren(...prose(event.reply));
        this.#tools(turn, event.turn_id, turn.sources ?? [], 0);
        this.#options(turn, turn.options ?? []);
        break;
      case 'error': this.#fail(turn, event.error); break;
    }
  }

  #fail(turn, sentence) {
    turn.failed = true;
    turn.notes.append(h('div.rg-failed', { role: 'alert' }, h('p', {}, sentence),
      h('button.rg-retry', { type: 'button', onclick: () => { turn.element.remove(); this.send(turn.message); } }, this.page.t('retry'))));
  }

  #options(turn, options) {
    turn.chips.replaceChildren(...options.map((text) => this.#chip(text)));
  }

  #handoff(turn, { contact = '', summary = '' }) {
    const { t } = this.page;
    const reach = contact.includes('@') ? h('a', { href: `mailto:${contact}` }, contact) : contact;
    const [before, after = ''] = t('person_contact', { contact: '\u0000' }).split('\u0000');
    turn.notes.append(h('div.rg-handoff', {}, icon('person'), h('div', {},
      h('h3', {}, t('person_title')),
      h('p', {}, ...(contact ? [before, reach, after] : [t('person_none')])),
      summary ? h('details', {}, h('summary', {}, t('person_summary')), h('p', {}, summary)) : null)));
  }

  /** Sources, thumbs and the reason for a thumb down. */
  #tools(turn, turnId, sources, vote) {
    const { t, server, toast } = this.page;
    const thumb = (name, value, label) => h('button.rg-icon.rg-thumb', {
      type: 'button', title: t(label), 'aria-label': t(label), 'aria-pressed': 'false', onclick: () => choose(value),
    }, icon(name));
    const up = thumb('up', 1, 'helpful');
    const down = thumb('down', -1, 'not_helpful');
    const reason = h('div.rg-reason');
    let current = 0;
    const press = (value) => {
      current = value;
      up.setAttribute('aria-pressed', String(value === 1));
      down.setAttribute('aria-pressed', String(value === -1));
    };
    const store = async (value, text = '') => {
      try {
        await server.post('feedback', { turn_id: turnId, vote: value, reason: text });
        press(value);
        return true;
      } catch (error) {
        toast(error.message);
        return false;
      }
    };
    const choose = async (value) => {
      const next = value === current ? 0 : value;
      reason.replaceChildren();
      if (!(await store(next)) || next === 0) return;
      if (next === 1) { toast(t('thanks')); return; }
      const tell = async (text) => { if (await store(-1, text)) reason.replaceChildren(h('p.rg-note', { role: 'status' }, t('thanks'))); };
      const words = h('input', { type: 'text', maxlength: 500, 'aria-label': t('wrong_other'), placeholder: t('wrong_other') });
      const form = h('form', {}, words, h('button', { type: 'submit' }, t('give_reason')));
      form.addEventListener('submit', (event) => { event.preventDefault(); tell(words.value.trim()); });
      reason.append(h('p', {}, t('what_wrong')),
        h('div.rg-reasons', {}, ['wrong_products', 'wrong_fact', 'wrong_unclear'].map((key) =>
          h('button.rg-chip', { type: 'button', onclick: () => tell(t(key)) }, t(key)))), form);
      this.#follow(turn);
      reason.querySelector('button').focus({ preventScroll: true });
    };
    press(vote);
    const told = sources.length ? h('details.rg-sources', {},
      h('summary', {}, icon('book'), `${t('sources')} (${sources.length})`),
      h('ul', {}, sources.map((source) => h('li', {},
        h('span.rg-kind', {}, t(`kind_${source.kind}`)), h('strong', {}, source.label),
        source.excerpt ? h('q', {}, source.excerpt) : null)))) : null;
    turn.tools.replaceChildren(...[told, h('div.rg-thumbs', {}, up, down), reason].filter(Boolean));
  }

  /** Keep the end of the turn in view, but never push its beginning out at the top. */
  #follow(turn) {
    const bottom = this.log.scrollHeight - this.log.clientHeight;
    this.log.scrollTop = Math.min(bottom, turn.element.offsetTop - 14);
  }
}
