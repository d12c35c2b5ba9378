//! A password from whoever sits at the terminal, or from a script.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::{Command, Stdio},
    thread,
};

use tokio::sync::oneshot;

use crate::commands::outcome::CommandError;

/// Asks for a password twice, without showing it; where standard input is no terminal, reads a line.
///
/// # Errors
/// When the two differ, there is none, or somebody interrupts.
pub(super) async fn read() -> Result<String, CommandError> {
    // A thread of its own: the process need not wait for it when it is interrupted.
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        // Whoever asked may have gone.
        let _unheard = tell.send(ask());
    });
    tokio::select! {
        answer = told => match answer {
            Ok(answer) => answer.map_err(CommandError::failed("cannot read a password")),
            Err(_lost) => Err(CommandError::refused("no password was read")),
        },
        _interrupted = tokio::signal::ctrl_c() => {
            echo(true);
            Err(CommandError::refused("interrupted; nothing was changed"))
        }
    }
}

fn ask() -> io::Result<String> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let password = ask_once("password: ")?;
    if ask_once("once more: ")? != password {
        return Err(io::Error::other("the two differ"));
    }
    Ok(password)
}

fn ask_once(prompt: &str) -> io::Result<String> {
    let mut terminal = io::stderr();
    write!(terminal, "{prompt}")?;
    terminal.flush()?;
    echo(false);
    let read = line();
    echo(true);
    writeln!(terminal)?;
    read
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Has the terminal show what is typed, or not. Where it cannot, it is shown.
fn echo(is_shown: bool) {
    let mode = if is_shown { "echo" } else { "-echo" };
    let _shown = Command::new("stty").arg(mode).stdin(Stdio::inherit()).status();
}
