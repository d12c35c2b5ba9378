import { useState } from "react";

import { Icon } from "../ui/Icon";

interface Props {
  src: string | null;
  isAudio?: boolean;
  className?: string;
}

/** The picture of a video, through this origin; a sign where there is none. */
export function Thumb({ src, isAudio = false, className = "" }: Props) {
  const [lost, setLost] = useState<string | null>(null);
  return (
    <div
      className={`grid shrink-0 place-items-center overflow-hidden rounded-lg bg-sunk text-soft ${className}`}
    >
      {src && src !== lost ? (
        <img
          src={src}
          alt=""
          loading="lazy"
          decoding="async"
          className="size-full object-cover"
          onError={() => {
            setLost(src);
          }}
        />
      ) : (
        <Icon name={isAudio ? "note" : "film"} />
      )}
    </div>
  );
}
