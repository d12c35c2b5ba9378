//! Every rule on both databases; see `on_both`.
