//! Where one frame of a WebSocket ends and the next begins (RFC 6455, section 5.2), so that a frame of
//! our own can be put between two of the service's.

/// The first two bytes, and eight of length.
const LONGEST_HEAD: usize = 10;

/// Follows what a server sends; a server's frames are not masked.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; LONGEST_HEAD],
    /// How much of the head is there; none between two frames.
    known: usize,
    /// Of the payload of the frame whose head was read last.
    left: u64,
}

impl Frames {
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let skipped = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                bytes = bytes.get(skipped..).unwrap_or_default();
                self.left = self.left.saturating_sub(u64::try_from(skipped).unwrap_or(u64::MAX));
                continue;
            }
            if let Some(place) = self.head.get_mut(self.known) {
                *place = *first;
            }
            self.known = self.known.saturating_add(1);
            bytes = rest;
            if let Some(length) = self.payload_length() {
                (self.left, self.known) = (length, 0);
            }
        }
    }

    /// Whether nothing of a frame has been sent without the rest of it.
    pub(super) fn is_between(&self) -> bool {
        self.known == 0 && self.left == 0
    }

    /// Once the head is whole.
    fn payload_length(&self) -> Option<u64> {
        let head = self.head.get(..self.known)?;
        let (&[_, short], long) = head.split_first_chunk::<2>()?;
        match short & 0x7f {
            126 => Some(u16::from_be_bytes(long.try_into().ok()?).into()),
            127 => Some(u64::from_be_bytes(long.try_into().ok()?)),
            short => Some(short.into()),
        }
    }
}

/// A frame that closes the socket with this code, as a server sends it.
pub(super) const fn close(code: u16) -> [u8; 4] {
    let [high, low] = code.to_be_bytes();
    [0x88, 2, high, low]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(payload: usize) -> Vec<u8> {
        let length = u64::try_from(payload).unwrap();
        let mut frame = vec![0x81];
        match length {
            0..126 => frame.push(u8::try_from(length).unwrap()),
            126..0x1_0000 => {
                frame.push(126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend(length.to_be_bytes());
            }
        }
        // Bytes that would be heads.
        frame.resize(frame.len() + payload, 0x88);
        frame
    }

    #[test]
    fn frames_of_every_length_are_followed_however_they_are_cut() {
        let lengths = [0, 1, 125, 126, 65_535, 65_536, 3];
        let frames: Vec<Vec<u8>> = lengths.into_iter().map(frame).collect();
        let ends: Vec<usize> = frames
            .iter()
            .scan(0, |end, frame| {
                *end += frame.len();
                Some(*end)
            })
            .collect();
        let all = frames.concat();
        for size in [1, 2, 3, 7, 1000, 70_000] {
            let (mut followed, mut at) = (Frames::default(), 0);
            assert!(followed.is_between());
            for piece in all.chunks(size) {
                followed.follow(piece);
                at += piece.len();
                assert_eq!(followed.is_between(), ends.contains(&at), "{at} by {size}");
            }
        }
    }

    #[test]
    fn a_close_is_a_whole_frame() {
        let mut followed = Frames::default();
        followed.follow(&close(1008));
        assert!(followed.is_between());
        assert_eq!(close(1008), [0x88, 0x02, 0x03, 0xf0]);
    }
}
