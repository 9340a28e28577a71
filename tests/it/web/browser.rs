//! In a real browser, where there is one: a push shows by itself on the page that is open.
//!
//! Chromium is spoken to over the two pipes of `--remote-debugging-pipe`: one JSON message after another, each
//! ended by a zero byte.

use super::office::Office;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often a page is looked at, and how long apart.
const LOOKS: u32 = 150;
const LOOK: Duration = Duration::from_millis(100);

/// The browser that is named, or the first of the usual ones on the path.
pub fn chromium() -> Option<PathBuf> {
    let given = std::env::var_os("TONGXIN_TEST_CHROMIUM").filter(|n| !n.is_empty());
    let names = ["chromium", "chromium-browser", "google-chrome", "headless_shell"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = || {
        std::env::split_paths(&path)
            .flat_map(|dir| names.map(|name| dir.join(name)))
            .find(|file| file.is_file())
    };
    given.map(PathBuf::from).or_else(found)
}

pub struct Chromium {
    child: Child,
    to: std::fs::File,
    from: std::fs::File,
    heard: Vec<u8>,
    /// What it told of by itself.
    told: Vec<Value>,
    session: Option<String>,
    last: u64,
    _dir: tempfile::TempDir,
}

impl Chromium {
    /// Starts it with an empty page.
    pub fn start(program: &PathBuf) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let (to, from) = (dir.path().join("to"), dir.path().join("from"));
        let made = Command::new("mkfifo").args([&to, &from]).status().expect("mkfifo runs");
        assert!(made.success());
        // The shell opens the pipes as the numbers that the browser expects, and becomes the browser.
        let line = r#"exec "$0" "$@" 3<"$TO" 4>"$FROM""#;
        let mut profile = OsString::from("--user-data-dir=");
        profile.push(dir.path().join("profile"));
        let flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let child = Command::new("sh")
            .args(["-c", line])
            .arg(program)
            .args(flags)
            .args(["--no-first-run", "--remote-debugging-pipe", "--window-size=390,844"])
            .arg(profile)
            .arg("about:blank")
            .envs([("TO", &to), ("FROM", &from)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let to = std::fs::File::options().write(true).open(&to).expect("opens");
        let from = std::fs::File::open(&from).expect("opens");
        let mut it = Self {
            child,
            to,
            from,
            heard: Vec::new(),
            told: Vec::new(),
            session: None,
            last: 0,
            _dir: dir,
        };
        let page = it.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let page = json!({"targetId": page["targetId"], "flatten": true});
        let attached = it.ask("Target.attachToTarget", &page);
        it.session = attached["sessionId"].as_str().map(str::to_owned);
        it.ask("Page.enable", &json!({}));
        it
    }

    /// Says something to the browser and waits for its answer.
    pub fn ask(&mut self, method: &str, what: &Value) -> Value {
        let session = self.session.clone();
        self.ask_in(session, method, what)
    }

    /// The same of the browser as a whole.
    pub fn ask_all(&mut self, method: &str, what: &Value) -> Value {
        self.ask_in(None, method, what)
    }

    fn ask_in(&mut self, session: Option<String>, method: &str, what: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": what});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).expect("the browser listens");
        loop {
            let answer = self.hear();
            if answer["id"] == json!(self.last) {
                assert_eq!(answer.get("error"), None, "{method}");
                return answer["result"].clone();
            }
            self.told.push(answer);
        }
    }

    fn hear(&mut self) -> Value {
        loop {
            if let Some(end) = self.heard.iter().position(|b| *b == 0) {
                let rest = self.heard.split_off(end + 1);
                let message = std::mem::replace(&mut self.heard, rest);
                return serde_json::from_slice(&message[..end]).expect("JSON");
            }
            let mut piece = vec![0; 65_536];
            let read = self.from.read(&mut piece).expect("the browser speaks");
            assert!(read > 0, "the browser ended");
            self.heard.extend_from_slice(&piece[..read]);
        }
    }

    /// What it told of by itself under this name, the latest last.
    pub fn told(&self, method: &str) -> Vec<Value> {
        let of = self.told.iter().filter(|told| told["method"] == method);
        of.map(|told| told["params"].clone()).collect()
    }

    /// What a promise says on the page once it is kept.
    pub fn look_on(&mut self, promise: &str) -> Value {
        let what = json!({"expression": promise, "returnByValue": true, "awaitPromise": true});
        self.ask("Runtime.evaluate", &what)["result"]["value"].clone()
    }

    /// What an expression says on the page.
    pub fn look(&mut self, expression: &str) -> Value {
        let what = json!({"expression": expression, "returnByValue": true});
        self.ask("Runtime.evaluate", &what)["result"]["value"].clone()
    }

    /// Waits until an expression holds on the page.
    pub fn wait_for(&mut self, expression: &str) {
        for _ in 0..LOOKS {
            if self.look(expression) == json!(true) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        panic!("{expression} never held on {}", self.look("document.body.innerText"));
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_shows_by_itself_in_a_real_browser() {
    let Some(program) = chromium() else {
        eprintln!("skipped: no chromium; name one as TONGXIN_TEST_CHROMIUM");
        return;
    };
    let office = Office::open().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let service = office.router().into_make_service_with_connect_info::<SocketAddr>();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(listener, service).await.expect("serves") });

    let mut browser = tokio::task::block_in_place(|| Chromium::start(&program));
    tokio::task::block_in_place(|| {
        browser.ask("Page.navigate", &json!({"url": format!("{base}/g/east")}));
        browser.wait_for("document.body.innerText.includes('还没有推送')");
        browser.wait_for("!document.querySelector('.live').hidden");
    });
    office.digest(&["养老食堂提供晚餐<script>document.title='x'</script>"]).await;
    tokio::task::block_in_place(|| {
        browser.wait_for("document.querySelectorAll('article').length === 1");
        browser.wait_for("document.querySelector('[data-empty]') === null");
        let text = browser.look("document.querySelector('article').innerText").to_string();
        assert!(text.contains("养老食堂提供晚餐"), "{text}");
        let title = browser.look("document.title").to_string();
        assert!(title.contains("城东群"), "no script of a feed ran: {title}");
        // Nothing is wider than the phone.
        let wide = "document.documentElement.scrollWidth <= window.innerWidth";
        browser.wait_for(wide);
        browser.look("document.querySelector('article h2 a').click()");
        browser.wait_for("document.querySelector('#reply') !== null");
        browser.wait_for(wide);
        browser.look(
            "document.querySelector('textarea').value='晚餐加两个低盐菜';\
             document.querySelector('[name=agreed]').checked=true;\
             document.querySelector('#reply button').click()",
        );
        browser.wait_for("document.querySelectorAll('.receipt dd code').length === 2");
        browser.wait_for(wide);
    });
}
