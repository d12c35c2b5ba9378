//! Whatever titles and sizes there are: names that are safe and unique, and a layout that adds up.
#![no_main]

use std::collections::HashSet;

use common_types::Timestamp;
use libfuzzer_sys::fuzz_target;
use media_store::{Archive, Entry, StorageKey, ascii_stem, file_name, numbered_name, unique_names};

fuzz_target!(|files: Vec<(&str, u64, u32, i64)>| {
    let named = |(index, file): (usize, &(&str, u64, u32, i64))| {
        let name = file_name(file.0, "mp4");
        let number = u32::try_from(index).unwrap();
        if file.2 % 2 == 0 { name } else { numbered_name(number, files.len() as u64, &name) }
    };
    let names = unique_names(files.iter().enumerate().map(named));
    let folded: HashSet<_> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), names.len());
    for name in &names {
        assert!(name.len() <= 200 && !name.contains(['/', '\\', '\0', ':', '"', '<', '>', '|', '?', '*']));
        assert!(!name.starts_with('.') && !name.chars().any(char::is_control));
    }
    let entries: Vec<_> = files
        .iter()
        .zip(names)
        .map(|((title, size, crc32, modified), name)| Entry {
            name,
            key: format!("a/{}.mp4", ascii_stem(title)).parse::<StorageKey>().unwrap(),
            size_bytes: size % (1 << 50),
            crc32: *crc32,
            modified: Timestamp::from_seconds(*modified),
        })
        .collect();
    let content: u64 = entries.iter().map(|entry| entry.size_bytes).sum();
    let archive = Archive::new(entries);
    assert!(archive.size_bytes() >= content + 22);
    assert_eq!(archive.etag().len(), 32);
});
