use super::*;

const PASSWORD: &str = "correct horse battery staple";

fn hasher(slots: usize, waiting: usize) -> Hasher {
    Hasher::new(HashingLimits { slots, waiting }).unwrap()
}

async fn verify(hasher: &Hasher, password: &str, stored: &str) -> Verdict {
    hasher.verify(password.to_owned(), Some(stored.to_owned())).await.unwrap()
}

#[tokio::test]
async fn a_hash_verifies_its_password_alone_and_is_salted() {
    let hasher = hasher(2, 8);
    let stored = hasher.hash(PASSWORD.to_owned()).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert_ne!(stored, hasher.hash(PASSWORD.to_owned()).await.unwrap());
    assert_eq!(verify(&hasher, PASSWORD, &stored).await, Verdict::Right);
    assert_eq!(verify(&hasher, "correct horse battery stapl", &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn another_implementations_hash_of_other_cost_verifies_and_is_outdated() {
    // The test vector of the reference implementation's README: `password`, salt `somesalt`.
    let stored =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hasher = hasher(1, 8);
    assert_eq!(verify(&hasher, "password", stored).await, Verdict::RightButOutdated);
    assert_eq!(verify(&hasher, "passwort", stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn a_bcrypt_hash_of_each_prefix_verifies_and_is_outdated() {
    let hasher = hasher(1, 8);
    let stored = ::bcrypt::hash(PASSWORD, 4).unwrap();
    let (_, rest) = stored.split_at(4);
    for prefix in ["$2a$", "$2b$", "$2y$"] {
        let stored = format!("{prefix}{rest}");
        assert_eq!(verify(&hasher, PASSWORD, &stored).await, Verdict::RightButOutdated);
        assert_eq!(verify(&hasher, "wrong", &stored).await, Verdict::Wrong);
    }
    assert_eq!(verify(&hasher, PASSWORD, &format!("$2x${rest}")).await, Verdict::Wrong);
}

#[tokio::test]
async fn a_long_password_verifies_against_bcrypt_by_its_first_72_bytes() {
    let hasher = hasher(1, 8);
    let long = "é".repeat(50);
    let stored = ::bcrypt::hash(&long, 4).unwrap();
    assert_eq!(verify(&hasher, &long, &stored).await, Verdict::RightButOutdated);
    assert_eq!(verify(&hasher, &"é".repeat(36), &stored).await, Verdict::RightButOutdated);
    assert_eq!(verify(&hasher, &"é".repeat(35), &stored).await, Verdict::Wrong);
}

#[tokio::test]
async fn a_stored_hash_that_is_odd_or_too_costly_matches_nothing_at_the_usual_price() {
    let hasher = hasher(1, 8);
    let salt_and_hash = "c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let odd = [
        String::new(),
        "password".to_owned(),
        "$argon2id$".to_owned(),
        format!("$argon2i$v=19$m=19456,t=2,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=4194304,t=1,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=19456,t=4000000000,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=19456,t=2,p=100${salt_and_hash}"),
        format!("$argon2id$v=99$m=19456,t=2,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=0,t=0,p=0${salt_and_hash}"),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA".to_owned(),
        format!("$2b$31${}", "a".repeat(53)),
        "$2b$10$short".to_owned(),
        format!("$2b$10${}", "é".repeat(20)),
    ];
    for stored in odd {
        let before = hasher.runs();
        assert_eq!(verify(&hasher, "password", &stored).await, Verdict::Wrong, "{stored}");
        assert_eq!(hasher.runs() - before, 1, "{stored}");
    }
}

#[tokio::test]
async fn nobody_costs_one_run_and_is_wrong() {
    let hasher = hasher(1, 8);
    let verdict = hasher.verify(PASSWORD.to_owned(), None).await.unwrap();
    assert_eq!((verdict, hasher.runs()), (Verdict::Wrong, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_finds_no_place_in_the_queue_is_refused_and_the_others_are_served() {
    let hasher = hasher(1, 2);
    let (release, held) = std::sync::mpsc::channel::<()>();
    let busy = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.crew.run(move |_| held.recv()).await }
    });
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.hash(PASSWORD.to_owned()).await })
        })
        .collect();
    while hasher.crew.free_places() > 0 {
        tokio::task::yield_now().await;
    }
    let refused = hasher.hash(PASSWORD.to_owned()).await;
    assert!(matches!(refused, Err(HashError::Busy)));
    release.send(()).unwrap();
    busy.await.unwrap().unwrap().unwrap();
    for served in waiting {
        served.await.unwrap().unwrap();
    }
    assert!(hasher.hash(PASSWORD.to_owned()).await.is_ok());
}

#[tokio::test]
async fn a_caller_who_leaves_costs_no_work_before_its_turn_and_frees_its_place() {
    let hasher = hasher(1, 1);
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = tokio::sync::oneshot::channel();
    let busy = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.crew.run(move |_| (begin.send(()), held.recv())).await.map(drop) }
    });
    begun.await.unwrap();
    let waiting = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.hash(PASSWORD.to_owned()).await.map(drop) }
    });
    while hasher.crew.free_places() > 0 {
        tokio::task::yield_now().await;
    }
    for leaver in [busy, waiting] {
        leaver.abort();
        assert!(leaver.await.is_err());
    }
    assert_eq!(hasher.crew.free_places(), 0);
    release.send(()).unwrap();
    while hasher.crew.free_places() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(hasher.runs(), 0);
    assert!(hasher.hash(PASSWORD.to_owned()).await.is_ok());
}

#[tokio::test]
async fn a_job_that_panics_is_lost_and_its_thread_goes_on() {
    let hasher = hasher(1, 1);
    let lost = hasher.crew.run(|_| panic!("as planned")).await;
    assert!(matches!(lost, Err(HashError::Lost(_))));
    assert!(hasher.hash(PASSWORD.to_owned()).await.is_ok());
    assert_eq!(hasher.crew.free_places(), 2);
}

#[tokio::test]
async fn hashing_yields_to_everyone_else() {
    let hasher = hasher(1, 1);
    let priority = || rustix::process::getpriority_process(None).unwrap();
    let (ours, theirs) = (priority(), hasher.crew.run(move |_| priority()).await.unwrap());
    assert!(theirs > ours, "{theirs} is not behind {ours}");
}

#[tokio::test]
async fn memory_is_kept_during_a_burst_and_given_back_after_it() {
    let hasher = hasher(1, 1);
    hasher.hash(PASSWORD.to_owned()).await.unwrap();
    let crew = Arc::clone(&hasher.crew);
    assert_eq!(hasher.crew.run(move |_| crew.holding()).await.unwrap(), 1);
    while hasher.crew.holding() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
