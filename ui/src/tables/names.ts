/** A name for calls and code, made of a title.  Pure. */
export function nameFrom(title: string): string {
  const plain = title
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-zA-Z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? "").toUpperCase());
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}
