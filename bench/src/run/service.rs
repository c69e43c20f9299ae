//! A process under measurement: the service, or its floor.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::super::floor::{Answer, Answers};
use crate::Result;
use crate::data::SECRET;

/// A process that subscribes on a port of its own, stopped when this is dropped.
pub struct Service {
    child: Child,
    pub port: u16,
    /// From the start to the first answer.
    pub first_answer: Duration,
}

impl Service {
    pub fn start(
        program: &Path,
        database: &str,
        folder: &Path,
        settings: &[(&str, &str)],
    ) -> Result<Service> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("XINWU_DATABASE", database)
            .env("XINWU_BIND", format!("127.0.0.1:{port}"))
            .env("XINWU_METRICS_BIND", "")
            // All clients are at one address: counted and told, and never too many.
            .env("XINWU_READS_A_MINUTE", "1000000000")
            .env("XINWU_RATING_WRITES_A_MINUTE", "1000000000")
            .env("XINWU_SECRET", SECRET)
            .env("XINWU_LOG_LEVEL", "warn")
            .env("XINWU_SHUTDOWN_SECONDS", "2")
            .envs(settings.iter().copied());
        Service::wait_for(command, folder, port, "/v1/places/2102")
    }

    pub fn floor(answers: &Answers, folder: &Path) -> Result<Service> {
        let (port, file) = (free_port()?, folder.join("answers.json"));
        std::fs::write(&file, serde_json::to_vec(answers)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--port", &port.to_string(), "--answers"]).arg(file);
        Service::wait_for(command, folder, port, "/v1/firms/x")
    }

    fn wait_for(mut command: Command, folder: &Path, port: u16, path: &str) -> Result<Service> {
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        let began = Instant::now();
        let child = command
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let mut service = Service { child, port, first_answer: Duration::ZERO };
        while began.elapsed() < Duration::from_secs(60) {
            if let Some(status) = service.child.try_wait()? {
                let log = std::fs::read_to_string(folder.join("log"))?;
                return Err(format!("{command:?} ended with {status}: {log}").into());
            }
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() && service.get(path, "").is_ok() {
                service.first_answer = began.elapsed();
                return Ok(service);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Err(format!("{command:?} does not answer").into())
    }

    /// One answer.
    pub fn get(&self, path: &str, tag: &str) -> Result<Answer> {
        self.ask("GET", path, "", tag, "")
    }

    pub fn ask(&self, method: &str, path: &str, token: &str, tag: &str, body: &str) -> Result<Answer> {
        match (tag, body) {
            ("", "") => self.send(method, path, token, ("accept", "*/*"), ""),
            ("", body) => self.send(method, path, token, ("content-type", "application/json"), body),
            (tag, body) => self.send(method, path, token, ("if-none-match", tag), body),
        }
    }

    /// One request with a header of its own. A body is JSON unless that header says otherwise.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        (name, value): (&str, &str),
        body: &str,
    ) -> Result<Answer> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let mut request = ureq::http::Request::builder().method(method).uri(&url).header(name, value);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_empty() && name != "content-type" {
            request = request.header("content-type", "application/json");
        }
        let mut response = agent.run(request.body(body.to_owned())?)?;
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _)| !["content-length", "date", "connection"].contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let status = response.status().as_u16();
        Ok(Answer { status, headers, body: response.body_mut().read_to_vec()? })
    }

    /// Resident memory now and at its most, in MiB.
    pub fn memory(&self) -> Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
                .map(|kibibytes| kibibytes >> 10)
        };
        Ok((of("VmRSS:").ok_or("no VmRSS")?, of("VmHWM:").ok_or("no VmHWM")?))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Gently, so that it closes its database; it is ours, and ends or has ended.
        Command::new("kill").arg(self.child.id().to_string()).status().ok();
        self.child.wait().ok();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
