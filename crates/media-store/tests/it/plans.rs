//! What is handed over as a plan is what would have been streamed.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use media_store::{Archive, Content, Entry, LocalStore, Plan, StoreError, numbered_name};
use proptest::{prelude::*, sample::Index, test_runner::TestRunner};

use crate::fixture::{content, put, read, read_all, some_entries, store};

async fn follow(store: &LocalStore, plan: &Plan) -> Result<Vec<u8>, StoreError> {
    let chunks: Vec<Bytes> = plan.read(store.reader()).try_collect().await?;
    Ok(chunks.concat())
}

#[test]
fn a_plan_gives_the_same_bytes_as_the_stream_for_any_range() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (directory, store) = store();
    let (entries, _) = some_entries(directory.path(), &store);
    let archive = Arc::new(Archive::new(entries));
    let whole = runtime.block_on(read_all(&store, &archive));
    let content = Content::Archive(Arc::clone(&archive));
    let mut runner = TestRunner::default();
    let checked = runner.run(&any::<(Index, Index)>(), |(one, other)| {
        let (one, other) = (one.index(whole.len() + 1), other.index(whole.len() + 1));
        let (from, to) = (one.min(other), one.max(other));
        let range = u64::try_from(from).unwrap()..u64::try_from(to).unwrap();
        let plan = content.plan(range.clone()).unwrap();
        prop_assert_eq!(plan.size_bytes(), range.end - range.start);
        let plan = Plan::decode(plan.encoded()).unwrap();
        let followed = runtime.block_on(follow(&store, &plan)).unwrap();
        prop_assert!(followed == whole[from..to]);
        prop_assert!(followed == runtime.block_on(read(&store, &archive, range)).unwrap());
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn a_plan_that_was_tampered_with_never_panics_and_names_only_keys() {
    let (directory, store) = store();
    let (entries, _) = some_entries(directory.path(), &store);
    let archive = Content::Archive(Arc::new(Archive::new(entries)));
    let good = archive.plan(0..archive.size_bytes()).unwrap().encoded();
    let mut runner = TestRunner::default();
    let checked = runner.run(&any::<(Index, u8, Index)>(), |(at, byte, end)| {
        let mut bytes = good.to_vec();
        bytes[at.index(good.len())] = byte;
        bytes.truncate(end.index(good.len() + 1));
        // Whether it is taken does not matter; that it says so does.
        let _either = Plan::decode(bytes.into());
        Ok(())
    });
    checked.unwrap();
    for end in 0..good.len() {
        let cut = Plan::decode(good.slice(..end));
        assert!(cut.is_err() || cut.unwrap().size_bytes() < archive.size_bytes(), "{end}");
    }
}

#[tokio::test]
async fn a_plan_is_refused_when_it_would_be_too_large() {
    let (directory, store) = store();
    let first = put(directory.path(), &store, "multilink/m/1.mp4", "1", b"x");
    let many = 50_000;
    let entry = |number| Entry { name: numbered_name(number, many.into(), "a"), ..first.clone() };
    let archive = Content::Archive(Arc::new(Archive::new((1..=many).map(entry).collect())));
    let size = archive.size_bytes();
    assert!(archive.plan(0..size).is_none());
    // A part of it is said in few words.
    let plan = archive.plan(1_000_000..1_100_000).unwrap();
    let chunks: Vec<Bytes> =
        archive.read(store.reader(), 1_000_000..1_100_000).try_collect().await.unwrap();
    assert!(follow(&store, &plan).await.unwrap() == chunks.concat());
}

#[tokio::test]
async fn a_file_is_one_piece_and_a_range_beyond_its_end_is_clamped() {
    let (directory, store) = store();
    let bytes = content(3, 2_500_000);
    let entry = put(directory.path(), &store, "singlelink/1/a.mp4", "a", &bytes);
    let file = Content::File { key: entry.key, size_bytes: entry.size_bytes };
    for (from, to) in [(0, 2_500_000), (5, 1_048_581), (2_499_999, 9_000_000), (7, 7)] {
        let plan = file.plan(from..to).unwrap();
        let end = usize::try_from(to).unwrap().min(bytes.len());
        let slice = &bytes[usize::try_from(from).unwrap()..end];
        assert!(follow(&store, &plan).await.unwrap() == slice);
        let chunks: Vec<Bytes> = file.read(store.reader(), from..to).try_collect().await.unwrap();
        assert!(chunks.concat() == slice);
    }
}
