// The outline as a tree: sections under their headings, to be chosen, and to be dragged elsewhere.

const FAR_PX = 5
const EDGE_PX = 40
const STEP_PX = 9
const CELLS = ["no", "title", "words", "waits", "carries", "state"]
const trees = new WeakMap()

export default function (component) {
  const { parentElement, data } = component
  let tree = trees.get(parentElement)
  if (!tree) trees.set(parentElement, (tree = new Tree(parentElement)))
  tree.take(data, (name, value) => component.setTriggerValue(name, value))
}

class Tree {
  constructor(parent) {
    this.root = element("div", "tree")
    this.head = element("div", "row head")
    this.head.setAttribute("aria-hidden", "true")
    this.rows = element("div", "rows")
    this.rows.setAttribute("role", "tree")
    this.root.append(this.rows)
    parent.appendChild(this.root)
    this.shut = new Set()
    this.number = 0
    this.rows.addEventListener("click", (e) => this.pressed(rowOf(e.target)))
    this.rows.addEventListener("keydown", (e) => this.key(e))
    this.rows.addEventListener("pointerdown", (e) => this.grasp(e))
    this.rows.addEventListener("pointermove", (e) => this.pull(e))
    this.rows.addEventListener("pointerup", () => this.let(true))
    this.rows.addEventListener("pointercancel", () => this.let(false))
  }

  take(data, send) {
    this.send = (name, value) => send(name, { ...value, number: (this.number += 1) })
    this.rows.setAttribute("aria-label", data.label)
    const told = JSON.stringify({ ...data, chosen: null })
    const same = told === this.told
    if (same && data.chosen === this.marked) return
    this.told = told
    this.marked = data.chosen
    if (!same) this.draw(data) // another choice leaves the rows, of which one may be held
    this.choose(data.chosen, true)
  }

  draw(data) {
    const focused = this.root.getRootNode().activeElement?.dataset?.id
    this.let(false)
    this.head.replaceChildren(element("span", "grip"), ...CELLS.map((c) => element("span", c, data.columns[c])))
    this.list = data.rows.map((told) => this.row(told))
    this.rows.replaceChildren(this.head, ...this.list)
    this.fold()
    if (focused) this.list.find((row) => row.dataset.id === focused)?.focus()
  }

  row(told) {
    const row = element("div", `row ${told.heading ? "heading" : "section"}`)
    Object.assign(row.dataset, { id: told.id, under: told.under.join(" ") })
    row.setAttribute("role", "treeitem")
    row.setAttribute("aria-level", told.under.length + 1)
    row.tabIndex = -1
    const first = element("span", told.heading ? "mark" : "grip", told.heading ? "" : "⠿")
    first.setAttribute("aria-hidden", "true")
    row.append(first)
    for (const cell of told.heading ? ["title"] : CELLS) row.append(element("span", cell, told[cell] || ""))
    const title = row.querySelector(".title")
    title.title = told.title
    title.style.paddingLeft = `${told.under.length * 0.9}rem`
    if (told.old) row.querySelector(".state").classList.add("old")
    return row
  }

  // Hides what stands under a heading that is shut, and lets one row be reached by Tab.
  fold() {
    for (const row of this.list) {
      row.hidden = row.dataset.under.split(" ").some((id) => this.shut.has(id))
      row.style.display = row.hidden ? "none" : ""
      if (!row.classList.contains("heading")) continue
      row.setAttribute("aria-expanded", !this.shut.has(row.dataset.id))
      row.firstChild.textContent = this.shut.has(row.dataset.id) ? "▸" : "▾"
    }
    const shown = this.list.filter((row) => !row.hidden)
    if (!shown.some((row) => row.tabIndex === 0) && shown.length) shown[0].tabIndex = 0
  }

  choose(id, bring) {
    this.chosen = id
    for (const row of this.list) {
      const is = row.dataset.id === id
      if (row.classList.contains("section")) row.setAttribute("aria-selected", is)
      if (is && bring && !row.hidden) this.bring(row)
    }
  }

  bring(row) {
    const { rows } = this
    if (row.offsetTop < rows.scrollTop || row.offsetTop + row.offsetHeight > rows.scrollTop + rows.clientHeight)
      rows.scrollTop = row.offsetTop - rows.clientHeight / 3
  }

  pressed(row) {
    if (!this.list.includes(row) || this.dropped) return (this.dropped = false)
    this.focus(row)
    if (row.classList.contains("heading")) this.turn(row, this.shut.has(row.dataset.id))
    else if (row.dataset.id !== this.chosen) {
      this.choose(row.dataset.id, false)
      this.send("chosen", { section: row.dataset.id })
    }
  }

  turn(row, open) {
    if (!row.classList.contains("heading")) return
    this.shut[open ? "delete" : "add"](row.dataset.id)
    this.fold()
  }

  focus(row) {
    for (const other of this.list) other.tabIndex = other === row ? 0 : -1
    row.focus({ preventScroll: true })
    row.scrollIntoView({ block: "nearest" })
  }

  key(event) {
    if (event.key === "Escape") return this.let(false)
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const shown = this.list.filter((row) => !row.hidden)
    const row = rowOf(event.target)
    const at = shown.indexOf(row)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key]
    if (to !== undefined) shown[to] && this.focus(shown[to])
    else if (event.key === "Enter" || event.key === " ") this.pressed(row)
    else if (event.key === "ArrowRight") this.turn(row, true)
    else if (event.key === "ArrowLeft") this.turn(row, false)
    else return
    event.preventDefault()
  }

  // A mouse takes a row anywhere; a finger by its grip, since elsewhere it scrolls.
  grasp(event) {
    this.dropped = false
    const row = rowOf(event.target)
    const byGrip = event.target.classList.contains("grip")
    if (event.button || !row?.classList.contains("section")) return
    if (event.pointerType === "mouse" || byGrip) this.held = { row, x: event.clientX, y: event.clientY, pointer: event.pointerId }
  }

  pull(event) {
    if (!this.held) return
    const { held } = this
    if (!held.pulled) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR_PX) return
      held.pulled = true
      this.rows.setPointerCapture(held.pointer)
      this.root.classList.add("dragging")
      held.row.classList.add("dragged")
      this.roll()
    }
    held.x = event.clientX
    held.y = event.clientY
    this.aim()
  }

  // Marks the place at which the section would go.
  aim() {
    this.unmark()
    const { held } = this
    const row = rowOf(this.root.getRootNode().elementFromPoint(held.x, held.y))
    if (!this.list.includes(row)) return
    const sections = this.list.filter((r) => r.classList.contains("section"))
    const heading = row.classList.contains("heading")
    const beside = heading ? sections.find((r) => r.dataset.under.split(" ").includes(row.dataset.id)) : row
    const box = row.getBoundingClientRect()
    const behind = !heading && held.y > box.top + box.height / 2
    if (!beside || beside === held.row) return
    const near = sections[sections.indexOf(beside) + (behind ? 1 : -1)]
    if (near === held.row && near.dataset.under === beside.dataset.under) return // it stands there
    held.target = { beside: beside.dataset.id, behind }
    row.classList.add(heading ? "into" : behind ? "behind" : "before")
    this.on = row
  }

  unmark() {
    this.on?.classList.remove("into", "behind", "before")
    this.on = null
    if (this.held) this.held.target = null
  }

  // Scrolls while a section is held near the edge of the list.
  roll() {
    if (!this.held?.pulled) return
    const box = this.rows.getBoundingClientRect()
    const { y } = this.held
    const by = y < box.top + EDGE_PX ? -STEP_PX : y > box.bottom - EDGE_PX ? STEP_PX : 0
    if (by) {
      this.rows.scrollTop += by
      this.aim()
    }
    requestAnimationFrame(() => this.roll())
  }

  let(drop) {
    const { held } = this
    if (!held) return
    const target = drop && held.pulled ? held.target : null
    this.unmark()
    this.held = null
    this.root.classList.remove("dragging")
    held.row.classList.remove("dragged")
    if (held.pulled) {
      if (this.rows.hasPointerCapture(held.pointer)) this.rows.releasePointerCapture(held.pointer)
      this.dropped = true // the click that comes of it chooses nothing
    }
    if (target) this.send("dropped", { section: held.row.dataset.id, ...target })
  }
}

function element(tag, name, text) {
  const made = document.createElement(tag)
  made.className = name
  if (text !== undefined) made.textContent = text
  return made
}

function rowOf(target) {
  return target?.closest?.(".row") ?? null
}
