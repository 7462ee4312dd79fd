// What may be larger than its place, and then scrolls by itself, also with the keyboard.

import type { ComponentChildren } from 'preact';

export interface ScrollBoxProps {
  readonly title: string;
  readonly class: string;
  readonly children: ComponentChildren;
}

export function ScrollBox({ title, class: className, children }: ScrollBoxProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class={`scroll ${className}`} aria-label={title} tabIndex={0}>
      {children}
    </section>
  );
}
