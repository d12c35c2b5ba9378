//! Any range of an archive is that slice of the whole.

use std::sync::Arc;

use media_store::{Archive, file_name, unique_names};
use proptest::{prelude::*, sample::Index, test_runner::TestRunner};

use crate::fixture::{content, put, read, read_all, store};

#[test]
fn any_range_is_that_slice_of_the_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (directory, store) = store();
    let mut runner = TestRunner::default();
    let files = proptest::collection::vec(("\\PC{0,40}", 0_usize..3000), 0..6);
    let test = (files, any::<Index>(), any::<Index>());
    let checked = runner.run(&test, |(files, one, other)| {
        let names = unique_names(files.iter().map(|(title, _)| file_name(title, "mp4")));
        let entries = names.iter().zip(&files).enumerate().map(|(number, (name, (_, size)))| {
            let key = format!("multilink/p/{number}.mp4");
            put(directory.path(), &store, &key, name, &content(number, *size))
        });
        let archive = Arc::new(Archive::new(entries.collect()));
        let whole = runtime.block_on(read_all(&store, &archive));
        prop_assert_eq!(u64::try_from(whole.len()).unwrap(), archive.size_bytes());
        let (one, other) = (one.index(whole.len() + 1), other.index(whole.len() + 1));
        let (from, to) = (one.min(other), one.max(other));
        let range = u64::try_from(from).unwrap()..u64::try_from(to).unwrap();
        let part = runtime.block_on(read(&store, &archive, range)).unwrap();
        prop_assert_eq!(part.as_slice(), &whole[from..to]);
        Ok(())
    });
    checked.unwrap();
}
