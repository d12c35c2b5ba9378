//! What a ZIP costs that is written before it is sent: stores files in an archive with the `zip`
//! crate, as anyone would, for `scripts/bench archive` to compare the virtual one with.
//!
//! `cargo run --release -p media-store --example zip_to_file -- ARCHIVE FILE…`

use std::{
    env,
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const BUFFER_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let archive = File::create_new(arguments.next().ok_or("which archive?")?)?;
    let mut zip = ZipWriter::new(BufWriter::with_capacity(BUFFER_BYTES, archive));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (index, path) in arguments.enumerate() {
        let name = path.file_name().ok_or("a file without a name")?.to_string_lossy();
        // Names repeat across directories, and not within an archive.
        zip.start_file(format!("{index:03}_{name}"), stored)?;
        io::copy(&mut io::BufReader::with_capacity(BUFFER_BYTES, File::open(&path)?), &mut zip)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}
