//! A kernel that cannot confine jobs: what a process says there, and whether it serves.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use testkit::{binary, processes_under, wait_until, yt_dlp};

/// Runs a program where `landlock_create_ruleset` is a call that the kernel does not know.
const WITHOUT_LANDLOCK: &str = r#"
import ctypes, os, struct, sys
LOAD, IS, RETURN = 0x20, 0x15, 0x06
ALLOWED, UNKNOWN = 0x7FFF0000, 0x00050000 | 38
filter = [(LOAD, 0, 0, 0), (IS, 0, 1, 444), (RETURN, 0, 0, UNKNOWN), (RETURN, 0, 0, ALLOWED)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in filter))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
program = Program(len(filter), ctypes.addressof(code))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"#;

fn start(data: &std::path::Path, sandbox: &str) -> Child {
    Command::new(yt_dlp().with_file_name("python"))
        .args(["-I", "-c", WITHOUT_LANDLOCK])
        .arg(binary("magpie"))
        .arg("up")
        .current_dir(data)
        .env("MAGPIE_DATA_DIR", data)
        .envs(["GATEWAY", "AUTH", "YOUTUBE", "DB"].map(|name| {
            let key = format!("MAGPIE_{name}_BIND");
            (key, "127.0.0.1:0")
        }))
        .env("MAGPIE_YT_DLP", yt_dlp())
        .env("MAGPIE_LOG", "warn")
        .env("MAGPIE_SANDBOX", sandbox)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[actix_web::test]
async fn where_jobs_cannot_be_confined_a_required_sandbox_refuses_to_start() {
    let data = tempfile::tempdir().unwrap();
    let ended = start(data.path(), "required").wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(70), "{told}");
    assert!(ended.stdout.is_empty(), "it was never ready");
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    for word in ["files", "network", "signals", "MAGPIE_SANDBOX"] {
        assert!(told.contains(word), "{told}");
    }
    wait_until("no process is left", || async { processes_under(data.path()).is_empty() }).await;
}

#[actix_web::test]
async fn where_jobs_cannot_be_confined_it_is_said_loudly_otherwise() {
    let data = tempfile::tempdir().unwrap();
    let mut child = start(data.path(), "best-effort");
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success(), "{told}");
    assert!(ready.starts_with("ready http://"), "{ready}");
    let warned: Vec<_> = told.lines().filter(|line| line.contains("NOT fully confined")).collect();
    assert_eq!(warned.len(), 1, "{told}");
    assert!(warned[0].contains("files, network, signals"), "{told}");
}
