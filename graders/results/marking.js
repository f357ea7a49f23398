"use strict";
// The marking page: what is ticked is kept in this browser at once, and saved as a file when asked for.
(() => {
  const root = document.querySelector("main").dataset;
  const place = `vaegan marks ${root.class}`;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const sections = $$("section.question");
  const status = $("#status"), name = $("#name");
  let state = { by: "", question: "", current: {}, marks: {} };
  let keeps = true;

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(place));
      if (kept && kept.marks) state = { ...state, ...kept };
    } catch { keeps = false; }
  }

  function keep() {
    try { localStorage.setItem(place, JSON.stringify(state)); } catch { keeps = false; }
    if (!keeps) say("This browser keeps nothing: save before you close the page.");
  }

  function say(text) { status.textContent = text; }

  const number = (points) => String(Math.round(points * 100) / 100);
  const sum = (given) => given.reduce((total, points) => total + points, 0);

  class Question {
    constructor(section) {
      this.section = section;
      this.name = section.dataset.question;
      this.rows = $$("button.row", section);
      this.rubric = this.rows.map((row) => [row.dataset.id, Number(row.dataset.points)]);
      this.answers = $$("article", section);
      this.comment = $("textarea", section);
      this.tab = $(`nav [data-question="${CSS.escape(this.name)}"]`);
      this.at = Math.max(0, this.answers.findIndex((each) => each.id === state.current[this.name]));
      this.rows.forEach((row, i) => row.addEventListener("click", () => this.tick(i)));
      this.comment.addEventListener("input", () => this.write(this.comment.value));
      $(".none", section).addEventListener("click", () => this.none());
      $(".back", section).addEventListener("click", () => this.takeBack());
      $(".previous", section).addEventListener("click", () => this.move(-1));
      $(".next", section).addEventListener("click", () => this.move(1));
      $(".unmarked", section).addEventListener("click", () => this.unmarked());
    }

    get answer() { return this.answers[this.at]; }

    // What this person gave: here, or as it was read before.
    own(answer) {
      const mark = state.marks[answer.id];
      if (mark) return { given: this.fit(mark), comment: mark.comment };
      const mine = this.others(answer).find((each) => this.mine(each));
      return mine ? { given: mine.given, comment: mine.comment } : { given: null, comment: "" };
    }

    // The points by the rubric as it is now: a row is known by what it says, else by its place.
    fit({ given, rows }) {
      if (!given) return null;
      return this.rubric.map(([id, of], i) => {
        const same = rows.findIndex((row) => row[0] === id);
        const at = same >= 0 ? same : rows.length === this.rubric.length ? i : -1;
        if (at < 0) return 0;
        return given[at] === rows[at][1] ? of : Math.min(given[at], of);
      });
    }

    changed(answer) {
      const mark = state.marks[answer.id];
      return mark ? JSON.stringify(mark.rows) !== JSON.stringify(this.rubric) : Boolean(answer.dataset.again);
    }

    mine(mark) { return mark.by.toLowerCase() === state.by.trim().toLowerCase(); }

    others(answer) { return JSON.parse(answer.dataset.marks || "[]"); }

    marked(answer) {
      if (state.marks[answer.id]) return state.marks[answer.id].given !== null;
      return this.others(answer).length > 0;
    }

    change(given, comment) {
      const at = new Date().toISOString();
      state.marks[this.answer.id] = { question: this.name, rows: this.rubric, given, comment, at };
      keep();
      this.show();
    }

    // Full points, then less and less, then none.
    tick(i) {
      if (i >= this.rows.length) return;
      const { given, comment } = this.own(this.answer);
      const points = given ? [...given] : this.rubric.map(() => 0);
      const of = this.rubric[i][1];
      points[i] = points[i] === 0 ? of : points[i] > 1 ? Math.ceil(points[i]) - 1 : 0;
      this.change(points, comment);
    }

    none() { this.change(this.rubric.map(() => 0), this.own(this.answer).comment); }

    takeBack() { this.change(null, this.own(this.answer).comment); }

    write(comment) { this.change(this.own(this.answer).given, comment); }

    move(step) {
      const to = this.at + step;
      if (to < 0 || to >= this.answers.length) return say(step > 0 ? "This was the last answer." : "This is the first answer.");
      this.go(to);
    }

    unmarked() {
      const count = this.answers.length;
      for (let step = 1; step <= count; step++) {
        const to = (this.at + step) % count;
        if (!this.marked(this.answers[to])) return this.go(to);
      }
      say("Every answer to this question is marked.");
    }

    go(to) {
      this.at = to;
      state.current[this.name] = this.answer.id;
      history.replaceState(null, "", `#${this.answer.id}`);
      keep();
      say("");
      this.show();
      this.answer.focus({ preventScroll: true });
      this.section.scrollIntoView({ block: "start" });
    }

    show() {
      const { given, comment } = this.own(this.answer);
      this.answers.forEach((each) => { each.hidden = each !== this.answer; });
      this.rows.forEach((row, i) => {
        const points = given ? given[i] : 0, of = this.rubric[i][1];
        row.setAttribute("aria-pressed", points === 0 ? "false" : points === of ? "true" : "mixed");
        $(".given", row).textContent = number(points);
      });
      if (this.comment.value !== comment) this.comment.value = comment;
      const points = $(".points", this.section);
      points.textContent = given ? `${number(sum(given))} of ${number(sum(this.rubric.map((row) => row[1])))} points` : "not marked";
      points.classList.toggle("dim", !given);
      $(".again", this.section).hidden = !this.changed(this.answer);
      this.showOthers();
      this.showComments();
      this.showProgress();
    }

    showOthers() {
      const others = this.others(this.answer).filter((each) => !this.mine(each));
      $(".others", this.section).textContent = others
        .map((each) => `${each.by} gave ${number(sum(each.given))}${each.comment ? `: ${each.comment}` : "."}`).join(" ");
    }

    showComments() {
      const said = this.answers.map((each) => this.own(each).comment.trim());
      const typed = this.comment.value.trim();
      const offered = [...new Set(said)].filter((each) => each && each !== typed).slice(0, 8);
      const list = $(".said", this.section);
      list.replaceChildren(...offered.map((text) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text;
        button.addEventListener("click", () => {
          const now = this.comment.value.trim();
          this.write(now ? `${now}\n${text}` : text);
          this.comment.focus();
        });
        const item = document.createElement("li");
        item.append(button);
        return item;
      }));
      $(".before", this.section).hidden = offered.length === 0;
    }

    showProgress() {
      const done = this.answers.filter((each) => this.marked(each)).length;
      $(".done", this.tab).textContent = `${done} of ${this.answers.length}`;
      const bar = $("progress", this.tab);
      bar.max = this.answers.length;
      bar.value = done;
    }
  }

  load();
  const questions = sections.map((section) => new Question(section));
  let current = questions.find((each) => each.name === state.question) || questions[0];

  function choose(question) {
    current = question;
    state.question = question.name;
    questions.forEach((each) => {
      each.section.hidden = each !== question;
      each.tab.setAttribute("aria-current", String(each === question));
    });
    keep();
    question.show();
  }

  function turn(step) { choose(questions[(questions.indexOf(current) + step + questions.length) % questions.length]); }

  function follow() {
    const id = decodeURIComponent(location.hash.slice(1));
    const question = id && questions.find((each) => each.answers.some((answer) => answer.id === id));
    if (!question) return;
    choose(question);
    question.go(question.answers.findIndex((answer) => answer.id === id));
  }

  function save() {
    state.by = name.value.trim();
    if (!state.by) {
      say("Type your name first: marks are kept under it.");
      name.focus();
      return;
    }
    const here = new Set(questions.flatMap((each) => each.answers.map((answer) => answer.id)));
    const marks = Object.entries(state.marks)
      .filter(([answer]) => here.has(answer))
      .map(([answer, mark]) => ({ answer, ...mark }));
    const file = new Blob([JSON.stringify({ format: root.format, by: state.by, marks }, null, 1)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `marks-${state.by.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || "mine"}.json`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(`Saved ${marks.length} marks as ${link.download}. Read it with: vaegan written GRADES --marks ${link.download}`);
  }

  const keys = {
    ArrowRight: () => current.move(1), n: () => current.move(1),
    ArrowLeft: () => current.move(-1), p: () => current.move(-1),
    m: () => current.unmarked(),
    0: () => current.none(),
    u: () => current.takeBack(),
    c: () => current.comment.focus(),
    "]": () => turn(1), "[": () => turn(-1),
    s: save,
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea, input");
    if (typing && event.key === "Escape") { current.answer.focus(); return; }
    if (typing && event.key === "Enter" && event.ctrlKey) { event.preventDefault(); current.move(1); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = /^[1-9]$/.test(event.key) ? () => current.tick(Number(event.key) - 1) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    say("");
    act();
  });

  name.value = state.by;
  name.addEventListener("input", () => { state.by = name.value; keep(); questions.forEach((each) => each.show()); });
  $("#save").addEventListener("click", save);
  questions.forEach((each) => each.tab.addEventListener("click", () => choose(each)));
  window.addEventListener("hashchange", follow);
  questions.forEach((each) => each.show());
  document.body.classList.add("ready");
  choose(current);
  follow();
})();
