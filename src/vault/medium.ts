// What the vault's files lie on, by the type that statfs gives: what forgets everything with the
// power is refused, what behaves unlike a disk of our own is told to the operator.

export const Medium = {
  /** Keeps what it acknowledged, as far as can be known. */
  Persistent: 1,
  /** Memory: nothing outlives the host, and fdatasync promises nothing. */
  Volatile: 2,
  /** A server keeps the files; what fdatasync means is up to it. */
  Network: 3,
  /** The writable layer of a container, which goes with the container. */
  Layer: 4,
} as const;
export type Medium = (typeof Medium)[keyof typeof Medium];

export interface MediumFacts {
  readonly medium: Medium;
  /** For people: `ext4`; the number in hex if it is none that we know. */
  readonly fileSystem: string;
  /** What the operator should know at the start. */
  readonly warning: string | undefined;
}

/** For status. */
export function mediumName(medium: number): string {
  return ['unknown', 'persistent', 'volatile', 'network', 'layer'][medium] ?? 'unknown';
}

/** Of a statfs f_type, also one that a 32-bit word gave back as a negative number. */
export function mediumFacts(type: number): MediumFacts {
  const word = type >>> 0;
  const [fileSystem, medium] = fileSystems.get(word) ?? [
    `0x${word.toString(16)}`,
    Medium.Persistent,
  ];
  return { medium, fileSystem, warning: warningOf(fileSystem, medium) };
}

function warningOf(fileSystem: string, medium: Medium): string | undefined {
  switch (medium) {
    case Medium.Volatile:
      return `${fileSystem} is memory: a restart of the host loses acknowledged batches`;
    case Medium.Network:
      return `${fileSystem} is a network file system: what is durable is up to its server`;
    case Medium.Layer:
      return `${fileSystem} goes with the container: mount a volume for the vault`;
    case Medium.Persistent:
      return fileSystem === 'btrfs' || fileSystem === 'zfs' ? copyOnWrite(fileSystem) : undefined;
  }
}

// Seen on btrfs: at ENOSPC it refuses overwrites too, so that not even progress can be written.
function copyOnWrite(fileSystem: string): string {
  return (
    `${fileSystem} copies on write: spare files hold no space on it, and a full file system ` +
    'refuses even overwrites; keep it from filling'
  );
}

// include/uapi/linux/magic.h and the file systems' own headers.
const fileSystems: ReadonlyMap<number, readonly [string, Medium]> = new Map([
  [0xef53, ['ext4', Medium.Persistent]],
  [0x5846_5342, ['xfs', Medium.Persistent]],
  [0x9123_683e, ['btrfs', Medium.Persistent]],
  [0x2fc1_2fc1, ['zfs', Medium.Persistent]],
  [0xf2f5_2010, ['f2fs', Medium.Persistent]],
  [0xca45_1a4e, ['bcachefs', Medium.Persistent]],
  [0x6573_5546, ['fuse', Medium.Persistent]],
  [0x0102_1994, ['tmpfs', Medium.Volatile]],
  [0x8584_58f6, ['ramfs', Medium.Volatile]],
  [0x9584_58f6, ['hugetlbfs', Medium.Volatile]],
  [0x6969, ['nfs', Medium.Network]],
  [0xff53_4d42, ['cifs', Medium.Network]],
  [0xfe53_4d42, ['smb2', Medium.Network]],
  [0x00c3_6400, ['ceph', Medium.Network]],
  [0x0102_1997, ['9p', Medium.Network]],
  [0x794c_7630, ['overlayfs', Medium.Layer]],
]);
