/** Draws the page. */
import { render } from "preact"
import { App } from "./views/App.tsx"

const place = document.getElementById("page")
if (place !== null) render(<App />, place)
