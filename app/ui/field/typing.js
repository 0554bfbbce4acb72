// A text field whose words are on their way to the library while they are typed, and in the
// browser's own store until the library has them. What the server says of another change is never
// put over words that it has not seen yet.

const PAUSE_MS = 500
const AGAIN_MS = 2000
const SETTLED_MS = 300
const fields = new WeakMap()

export default function (component) {
  const { parentElement } = component
  let field = fields.get(parentElement)
  if (!field) {
    field = new Field(parentElement)
    fields.set(parentElement, field)
  }
  field.take(component.data, (name, value) => component.setStateValue(name, value))
  return () => field.leave()
}

class Field {
  constructor(parent) {
    const root = document.createElement("div")
    root.className = "field"
    this.label = document.createElement("label")
    this.area = document.createElement("textarea")
    this.area.spellcheck = true
    this.label.htmlFor = this.area.id = "area"
    this.state = document.createElement("div")
    this.state.className = "state"
    this.state.setAttribute("role", "status")
    root.append(this.label, this.area, this.state)
    parent.appendChild(root)
    this.client = Math.random().toString(36).slice(2)
    this.number = 0 // of the newest change made here
    this.sent = 0
    this.known = 0 // newest change that the server has answered
    this.revision = 0
    this.base = 0
    this.order = null
    this.name = null
    this.area.addEventListener("input", () => this.changed())
    this.area.addEventListener("blur", () => this.flush())
    for (const happened of ["select", "mouseup", "keyup"])
      this.area.addEventListener(happened, () => this.selected())
    this.words = ""
  }

  take(data, send) {
    this.send = send
    this.label.textContent = data.label || ""
    this.label.hidden = !data.label
    this.area.className = data.plain ? "plain" : ""
    this.area.placeholder = data.placeholder || ""
    this.area.setAttribute("aria-label", data.label || data.about || "Text")
    this.area.style.height = this.area.style.height || `${data.height}px`
    this.area.readOnly = Boolean(data.readonly)
    if (this.name !== data.name) this.begin(data)
    else this.follow(data)
    this.say(data)
    this.selects = Boolean(data.selects)
    this.find(data.find || "")
    this.selected()
    if (this.known < this.number) this.soon(this.sent < this.number ? PAUSE_MS : AGAIN_MS)
  }

  begin(data) {
    this.name = data.name
    this.order = data.order
    this.revision = data.revision
    this.base = data.base
    this.area.value = data.text
    this.number = this.sent = this.known = 0
    const left = this.stored()
    if (left && left.text !== data.text) {
      this.area.value = left.text
      this.revision = left.revision
      this.base = left.base
      this.number = 1
    } else this.forget()
  }

  follow(data) {
    if (data.order !== this.order) {
      this.order = data.order
      this.known = this.sent = this.number
      this.forget()
    } else if (data.client === this.client && data.known > this.known) {
      this.known = data.known
    }
    if (this.known >= this.number) {
      if (this.area.value !== data.text) {
        const at = this.area.selectionStart
        this.area.value = data.text
        if (this.area === this.area.getRootNode().activeElement) this.area.setSelectionRange(at, at)
      }
      this.forget()
    }
    if (data.client === this.client || this.known >= this.number) {
      this.revision = data.revision
      this.base = data.base
    }
  }

  changed() {
    this.number += 1
    this.store()
    this.state.textContent = "…"
    this.soon(PAUSE_MS)
  }

  soon(after) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.flush(), after)
  }

  flush() {
    clearTimeout(this.timer)
    if (this.known >= this.number || !this.send) return
    this.sent = this.number
    this.tries = (this.tries || 0) + 1
    this.send("typed", {
      name: this.name,
      client: this.client,
      number: this.number,
      tries: this.tries,
      text: this.area.value,
      revision: this.revision,
      base: this.base,
    })
    this.soon(AGAIN_MS)
  }

  // What is selected, told once it has stayed so for a moment; places are counted in code points.
  selected() {
    clearTimeout(this.settling)
    if (!this.selects) return
    this.settling = setTimeout(() => {
      const { selectionStart: from, selectionEnd: to, value } = this.area
      const words = value.slice(from, to)
      const told = `${this.name} ${from} ${words}`
      if (words === this.words || told === this.told) return
      this.words = words
      this.told = told
      const start = [...value.slice(0, from)].length
      this.send("selected", { name: this.name, words, start, end: start + [...words].length })
    }, SETTLED_MS)
  }

  find(words) {
    const wanted = `${this.name} ${words}`
    if (wanted === this.wanted) return
    this.wanted = wanted
    const at = words ? this.area.value.indexOf(words) : -1
    if (at < 0) return
    this.area.focus({ preventScroll: true })
    this.area.setSelectionRange(at, at + words.length)
    this.area.scrollTop = Math.max(this.heightBefore(at) - this.area.clientHeight / 3, 0)
  }

  // How far down the text a place is: measured on a copy, since a text area does not say.
  heightBefore(at) {
    const copy = document.createElement("div")
    const style = getComputedStyle(this.area)
    for (const name of ["font", "letterSpacing", "padding", "overflowWrap"]) copy.style[name] = style[name]
    Object.assign(copy.style, {
      position: "absolute",
      visibility: "hidden",
      whiteSpace: "pre-wrap",
      boxSizing: "border-box",
      width: `${this.area.clientWidth}px`,
    })
    copy.textContent = this.area.value.slice(0, at)
    this.area.parentElement.appendChild(copy)
    const height = copy.clientHeight
    copy.remove()
    return height
  }

  say(data) {
    if (this.known < this.number) this.state.textContent = "…"
    else this.state.textContent = data.says || ""
  }

  leave() {
    clearTimeout(this.timer)
    clearTimeout(this.settling)
  }

  key() {
    return `inkwright:${this.name}`
  }

  store() {
    const left = { text: this.area.value, revision: this.revision, base: this.base }
    try {
      localStorage.setItem(this.key(), JSON.stringify(left))
    } catch {
      this.state.textContent = "The browser keeps nothing here; the library does."
    }
  }

  stored() {
    try {
      return JSON.parse(localStorage.getItem(this.key()))
    } catch {
      return null
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key())
    } catch {
      return
    }
  }
}
