//! Splitting a stream into pieces as a network might.

use std::iter;

use bytes::Bytes;

/// Yields every split of `bytes` into two pieces, then the split into single bytes, then `random`
/// random splits.
///
/// Use it with small inputs: there is one two-way split more than bytes. The same `seed` gives the
/// same random splits.
pub fn splits(bytes: &Bytes, seed: u64, random: usize) -> impl Iterator<Item = Vec<Bytes>> {
    let seeds = (seed..=u64::MAX).chain(0..seed).take(random);
    let stream = bytes.clone();
    two_way(bytes)
        .map(Vec::from)
        .chain(iter::once_with({
            let stream = bytes.clone();
            move || byte_by_byte(&stream).collect()
        }))
        .chain(seeds.map(move |seed| random_split(&stream, seed).collect()))
}

/// Yields every split of `bytes` into two pieces, including those with an empty piece.
pub fn two_way(bytes: &Bytes) -> impl Iterator<Item = [Bytes; 2]> + use<> {
    let bytes = bytes.clone();
    (0..=bytes.len()).map(move |cut| [bytes.slice(..cut), bytes.slice(cut..)])
}

/// Yields each byte as a separate piece.
pub fn byte_by_byte(bytes: &Bytes) -> impl Iterator<Item = Bytes> + use<> {
    let bytes = bytes.clone();
    (0..bytes.len()).map(move |at| bytes.slice(at..=at))
}

/// Yields pieces of random lengths from 1 byte to 64 KB, with short and long ones equally likely.
///
/// The same `seed` gives the same pieces, as long as the random generator's version is the same.
pub fn random_split(bytes: &Bytes, seed: u64) -> impl Iterator<Item = Bytes> + use<> {
    /// 64 KB, one read of a socket.
    const MAX_EXPONENT: u32 = 16;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut rest = bytes.clone();
    iter::from_fn(move || {
        let longest = rest.len().min(1 << random.u32(0..=MAX_EXPONENT));
        (longest > 0).then(|| rest.split_to(random.usize(1..=longest)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_bytes_are_split_in_every_way() {
        let bytes = Bytes::from_static(b"ab");
        let pieces: Vec<Vec<Bytes>> = splits(&bytes, 0, 0).collect();
        let expected: [&[&[u8]]; 4] = [&[b"", b"ab"], &[b"a", b"b"], &[b"ab", b""], &[b"a", b"b"]];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn the_seed_determines_the_splits() {
        let bytes = Bytes::from(vec![7; 10_000]);
        let lengths =
            |seed| random_split(&bytes, seed).map(|piece| piece.len()).collect::<Vec<_>>();
        assert_eq!(lengths(1), lengths(1));
        assert_ne!(lengths(1), lengths(2));
    }

    #[test]
    fn seeds_wrap_around() {
        assert_eq!(splits(&Bytes::from_static(b"abc"), u64::MAX, 3).count(), 4 + 1 + 3);
    }

    proptest! {
        #[test]
        fn pieces_make_the_whole(data: Vec<u8>, seed: u64) {
            let bytes = Bytes::from(data);
            let mut count = 0;
            for pieces in splits(&bytes, seed, 5) {
                count += 1;
                prop_assert_eq!(pieces.concat(), &bytes[..]);
            }
            prop_assert_eq!(count, bytes.len() + 1 + 1 + 5);
            prop_assert!(random_split(&bytes, seed).all(|piece| !piece.is_empty()));
        }
    }
}
