//! The latest events of one user, and what was told of each thing last.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use common_types::internal::changes::ChangedKind;
use serde_json::{Map, Value};
use tokio::sync::watch;
use uuid::Uuid;

use super::Look;

/// Events that a reader may lag behind.
const MAX_EVENTS: usize = 2000;
/// Things of which is known what was told; beyond that, one is told whole again.
const MAX_KNOWN: usize = 10_000;

/// The fields of a thing, as the API shows them.
pub(crate) type Fields = Map<String, Value>;

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) position: u64,
    pub(crate) kind: ChangedKind,
    /// JSON: the fields that changed, and `id`.
    pub(crate) data: String,
}

/// What was told of a thing.
struct Known {
    fields: Fields,
    /// Where else it counts.
    collection: Option<(ChangedKind, Uuid)>,
}

pub(super) struct UserLog {
    events: VecDeque<Arc<Event>>,
    /// The position of the next event.
    next: u64,
    /// Events before this are not known any more.
    first: u64,
    known: HashMap<Uuid, Known>,
    dirty: BTreeSet<(ChangedKind, Uuid)>,
    changed: watch::Sender<u64>,
    watchers: usize,
    unwatched_since: Option<Instant>,
}

impl UserLog {
    pub(super) fn new() -> Self {
        Self {
            events: VecDeque::new(),
            next: 1,
            first: 1,
            known: HashMap::new(),
            dirty: BTreeSet::new(),
            changed: watch::Sender::new(0),
            watchers: 0,
            unwatched_since: None,
        }
    }

    pub(super) fn watch(&mut self) -> watch::Receiver<u64> {
        self.watchers = self.watchers.saturating_add(1);
        self.unwatched_since = None;
        self.changed.subscribe()
    }

    pub(super) fn unwatch(&mut self, now: Instant) {
        self.watchers = self.watchers.saturating_sub(1);
        if self.watchers == 0 {
            self.unwatched_since = Some(now);
        }
    }

    pub(super) fn is_wanted(&self, now: Instant, kept_for: Duration) -> bool {
        self.unwatched_since.is_none_or(|since| now.duration_since(since) < kept_for)
    }

    pub(super) fn position(&self) -> u64 {
        self.next
    }

    pub(super) fn look(&self, position: u64) -> Look {
        if position < self.first || position > self.next {
            return Look::Missed;
        }
        let skipped = usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX);
        Look::Events(self.events.iter().skip(skipped).cloned().collect(), self.next)
    }

    pub(super) fn dirty(&mut self, kind: ChangedKind, id: Uuid) {
        self.dirty.insert((kind, id));
    }

    /// Takes what is dirty of these kinds, at most `limit` things.
    pub(super) fn take_dirty(
        &mut self,
        kinds: &[ChangedKind],
        limit: usize,
    ) -> Vec<(ChangedKind, Uuid)> {
        let wanted = self.dirty.iter().filter(|(kind, _)| kinds.contains(kind));
        let taken: Vec<(ChangedKind, Uuid)> = wanted.take(limit).copied().collect();
        for item in &taken {
            self.dirty.remove(item);
        }
        taken
    }

    pub(super) fn has_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Nothing of before holds: whoever reads gets a snapshot, and what is told next is told whole.
    pub(super) fn restart(&mut self) {
        self.events.clear();
        self.known.clear();
        self.next = self.next.saturating_add(1);
        self.first = self.next;
        self.changed.send_replace(self.next);
    }

    /// Tells how a thing stands, if that is not what was told last.
    pub(super) fn tell(
        &mut self,
        kind: ChangedKind,
        id: Uuid,
        fields: Fields,
        collection: Option<(ChangedKind, Uuid)>,
    ) {
        let before = self.known.get(&id).map(|known| &known.fields);
        let mut changed = difference(before, &fields);
        if changed.is_empty() {
            return;
        }
        changed.insert("id".to_owned(), id.to_string().into());
        if let Some((kind, id)) = collection {
            self.dirty(kind, id);
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(id, Known { fields, collection });
        self.push(kind, changed);
    }

    /// Tells that a thing is not there any more.
    pub(super) fn tell_gone(&mut self, kind: ChangedKind, id: Uuid) {
        let known = self.known.remove(&id);
        if let Some((kind, id)) = known.and_then(|known| known.collection) {
            self.dirty(kind, id);
        }
        let mut fields = Fields::new();
        fields.insert("id".to_owned(), id.to_string().into());
        fields.insert("deleted".to_owned(), true.into());
        self.push(kind, fields);
    }

    fn push(&mut self, kind: ChangedKind, fields: Fields) {
        let data = Value::Object(fields).to_string();
        self.events.push_back(Arc::new(Event { position: self.next, kind, data }));
        self.next = self.next.saturating_add(1);
        if self.events.len() > MAX_EVENTS {
            self.events.pop_front();
            self.first = self.first.saturating_add(1);
        }
        self.changed.send_replace(self.next);
    }
}

/// The fields that are not as they were; one that is gone is null.
fn difference(before: Option<&Fields>, now: &Fields) -> Fields {
    let Some(before) = before else { return now.clone() };
    let changed = now.iter().filter(|(name, value)| before.get(*name) != Some(value));
    let mut changed: Fields = changed.map(|(name, value)| (name.clone(), value.clone())).collect();
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    changed.extend(gone.map(|name| (name.clone(), Value::Null)));
    changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn data(log: &UserLog, position: u64) -> Vec<Value> {
        match log.look(position) {
            Look::Events(events, _) => {
                events.iter().map(|event| serde_json::from_str(&event.data).unwrap()).collect()
            }
            Look::Missed => panic!("missed"),
        }
    }

    #[test]
    fn only_what_changed_is_told_and_nothing_twice() {
        let (mut log, id) = (UserLog::new(), Uuid::now_v7());
        let tell =
            |log: &mut UserLog, value| log.tell(ChangedKind::Download, id, fields(value), None);
        tell(&mut log, json!({ "status": "pending", "progress": 0, "paused_until": "then" }));
        tell(&mut log, json!({ "status": "pending", "progress": 0, "paused_until": "then" }));
        tell(&mut log, json!({ "status": "downloading", "progress": 0 }));
        log.tell_gone(ChangedKind::Download, id);
        let id = id.to_string();
        assert_eq!(
            data(&log, 1),
            [
                json!({ "id": id, "status": "pending", "progress": 0, "paused_until": "then" }),
                json!({ "id": id, "status": "downloading", "paused_until": null }),
                json!({ "id": id, "deleted": true }),
            ]
        );
        assert_eq!(data(&log, 3).len(), 1);
        assert!(data(&log, 4).is_empty());
    }

    #[test]
    fn a_reader_that_is_too_slow_or_from_elsewhere_has_missed_something() {
        let mut log = UserLog::new();
        for number in 0..=MAX_EVENTS {
            log.tell(ChangedKind::Download, Uuid::now_v7(), fields(json!({ "n": number })), None);
        }
        assert!(matches!(log.look(1), Look::Missed));
        assert_eq!(data(&log, 2).len(), MAX_EVENTS);
        assert!(matches!(log.look(u64::MAX), Look::Missed));
        let position = log.position();
        log.restart();
        assert!(matches!(log.look(position), Look::Missed));
    }

    #[test]
    fn an_item_that_changes_dirties_its_collection() {
        let (mut log, id, batch) = (UserLog::new(), Uuid::now_v7(), Uuid::now_v7());
        let kinds = [ChangedKind::Batch];
        let of_batch = Some((ChangedKind::Batch, batch));
        log.tell(ChangedKind::Download, id, fields(json!({ "progress": 1 })), of_batch);
        assert_eq!(log.take_dirty(&kinds, 10), [(ChangedKind::Batch, batch)]);
        log.tell(ChangedKind::Download, id, fields(json!({ "progress": 1 })), of_batch);
        assert!(!log.has_dirty());
        log.tell_gone(ChangedKind::Download, id);
        assert!(log.take_dirty(&[ChangedKind::Download], 10).is_empty());
        assert_eq!(log.take_dirty(&kinds, 10), [(ChangedKind::Batch, batch)]);
    }
}
