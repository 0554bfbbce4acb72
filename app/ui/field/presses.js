// One press acts once. Until the page has answered a press, the same button takes no other, and the
// second click of a double click is for nothing: so it can't act twice, nor on what came there.

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
      attributeOldValue: true,
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
    this.answered = this.runs = false
  }

  isAgain(button, event) {
    if (!this.button) return false
    if (event.detail > 1) return true
    return button === this.button && button.textContent === this.label && !this.answered
  }

  follow(changes) {
    for (const { target, oldValue } of changes) {
      const now = target.getAttribute(STATE)
      // A short run begins and ends between two looks: then only the old value tells of it.
      if (now !== "notRunning" || oldValue !== "notRunning") this.runs = true
      if (now === "notRunning" && this.runs) this.answered = true
    }
  }
}
