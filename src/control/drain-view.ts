// What the control plane sees of an engine that is emptied, and how it begins and ends that.

export interface DrainView {
  /** Undefined: no operator drains the engine. */
  readonly order: DrainOrderView | undefined;
  /** Does nothing while it is drained already. */
  start(order: DrainOrderView): void;
  end(): void;
}

export interface DrainOrderView {
  readonly by: string;
  readonly reason: string;
  readonly wallMs: number;
}
