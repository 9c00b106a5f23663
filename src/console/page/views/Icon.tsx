/** Drawings of one line width, in the colour of the text around them. */

const paths = {
  logo: "M3 6h7M3 12h7M3 18h7M15 4c-3 0 0 8-3 8 3 0 0 8 3 8M20 12h1",
  plus: "M12 5v14M5 12h14",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  follow: "M12 5v14M6 13l6 6 6-6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1 1M18 18l1 1M5 19l1-1M18 6l1-1",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  check: "M4 12l5 5L20 6",
  alert: "M12 4 2 20h20zM12 10v4M12 17v.5",
  bolt: "M13 2 5 14h6l-1 8 8-12h-6z",
  search: "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l6 6",
  close: "M6 6l12 12M18 6 6 18",
  right: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  repeat: "M4 11a7 7 0 0 1 12-4l3 3M20 13a7 7 0 0 1-12 4l-3-3M19 5v5h-5M5 19v-5h5",
  reverse: "M9 6 3 12l6 6M3 12h18",
  lanes: "M3 6h18M3 12h18M3 18h18M17 3l4 3-4 3M17 15l4 3-4 3",
  stop: "M6 6h12v12H6z",
  pause: "M8 5v14M16 5v14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  none: "M5 5l14 14M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)
