// One press acts once. Until the page has answered a press, the same button takes no other, and for
// a moment nothing takes one at its place: so a double click can't act twice, nor on what came there.

const AGAIN_MS = 500
const BUTTONS = "[data-testid=stButton] button, [data-testid=stFormSubmitButton] button"
const STATE = "data-test-script-state"

export default function () {
  if (window.inkwrightPresses) return
  window.inkwrightPresses = new Presses()
}

class Presses {
  constructor() {
    this.button = null
    this.answered = true
    document.addEventListener("click", (event) => this.take(event), true)
    new MutationObserver((changes) => this.follow(changes)).observe(document.body, {
      subtree: true,
      attributeFilter: [STATE],
    })
  }

  take(event) {
    const button = event.target.closest?.(BUTTONS)
    if (!button) return
    if (this.isAgain(button, event)) {
      event.stopImmediatePropagation()
      event.preventDefault()
      return
    }
    this.button = button
    this.label = button.textContent
    this.box = button.getBoundingClientRect()
    this.at = event.timeStamp
    this.answered = this.runs = false
  }

  isAgain(button, event) {
    if (!this.button) return false
    const soon = event.timeStamp - this.at < AGAIN_MS
    const { clientX: x, clientY: y } = event
    const { left, right, top, bottom } = this.box
    // A key press has no place.
    const there = event.detail > 0 && x >= left && x <= right && y >= top && y <= bottom
    const same = button === this.button && button.textContent === this.label
    return (same && (soon || !this.answered)) || (there && soon)
  }

  follow(changes) {
    for (const { target } of changes) {
      if (target.getAttribute(STATE) !== "notRunning") this.runs = true
      else if (this.runs) this.answered = true
    }
  }
}
