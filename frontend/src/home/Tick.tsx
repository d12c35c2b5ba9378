export interface TickProps {
  label: string;
  isTicked: boolean;
  /** `isRange` with Shift: everything from the last one. */
  onTick: (isTicked: boolean, isRange: boolean) => void;
}

/** A checkbox with a target large enough for a finger. */
export function Tick({ label, isTicked, onTick }: TickProps) {
  return (
    <label className="target -my-1 -ms-3 -me-2">
      <input
        type="checkbox"
        className="tick"
        aria-label={label}
        checked={isTicked}
        onChange={(event) => {
          const native = event.nativeEvent;
          onTick(event.target.checked, native instanceof MouseEvent && native.shiftKey);
        }}
      />
    </label>
  );
}
