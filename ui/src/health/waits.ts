/** How long is too long to wait, and how a wait is written.  Pure. */
import type { Tone } from "../parts/Pill";

const WARN_SECONDS = 30;
const BAD_SECONDS = 300;

export const toneOf = (seconds: number | null): Tone =>
  seconds === null || seconds <= WARN_SECONDS ? "ok" : seconds <= BAD_SECONDS ? "warn" : "bad";
