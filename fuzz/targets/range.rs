//! Whatever `Range` says: the whole, or a part that is there.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u64)| {
    let (header, size) = input;
    for header in [header.to_owned(), format!("bytes={header}")] {
        if let Some(part) = platform_kit::fuzzing::requested_part(&header, size) {
            assert!(part.start < part.end && part.end <= size);
        }
    }
});
