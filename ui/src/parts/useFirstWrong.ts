import { useEffect, useRef } from "react";

const WRONG = '[aria-invalid="true"], [data-wrong]';
const FOCUSABLE = "input, textarea, select, button";

/** Where an answer has put errors beside fields, unfolds the sections that hold them, and goes to
 * the first.
 *
 * `error` is the answer; a new one, and not what is typed meanwhile, moves the focus.
 */
export function useFirstWrong<E extends HTMLElement>(error: unknown) {
  const ref = useRef<E>(null);
  useEffect(() => {
    if (!error) return;
    const wrong = [...(ref.current?.querySelectorAll<HTMLElement>(WRONG) ?? [])];
    for (const each of wrong)
      for (let around = each.closest("details"); around; )
        [around.open, around] = [true, around.parentElement?.closest("details") ?? null];
    const [first] = wrong;
    const target = first?.matches(FOCUSABLE) ? first : first?.querySelector<HTMLElement>(FOCUSABLE);
    first?.scrollIntoView({ block: "center" });
    target?.focus({ preventScroll: true });
  }, [error]);
  return ref;
}
