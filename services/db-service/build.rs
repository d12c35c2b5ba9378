//! The migrations are compiled in by a macro, which cargo cannot see depends on their files.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
