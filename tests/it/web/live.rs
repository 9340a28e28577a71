//! Pages that show what is new by themselves: nothing is lost, nothing comes twice, and they end.

use super::office::{Browser, Office};
use axum::body::BodyDataStream;
use axum::http::StatusCode;
use futures::StreamExt as _;
use std::time::Duration;
use tokio::time::timeout;

/// Long enough for a page to look; a test that waits so long fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// An event of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub data: String,
}

/// A page that goes on.
pub struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    pub async fn open(browser: &Browser, path: &str) -> Self {
        let (status, headers, body) = browser.follow(path).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers["content-type"], "text/event-stream");
        Self { body: body.into_data_stream(), text: String::new() }
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        let event = timeout(PATIENCE, self.may_come()).await.expect("an event");
        event.expect("an event, and no end")
    }

    /// The next event, or the end.
    pub async fn may_come(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = read(event);
                let rest = rest.len();
                self.text.drain(..self.text.len() - rest);
                if event != Event::default() {
                    return Some(event);
                }
                continue;
            }
            let bytes = self.body.next().await?.expect("a piece");
            self.text.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }

    /// Whether it ends by itself.
    pub async fn ends(mut self) -> bool {
        timeout(PATIENCE, async { while self.may_come().await.is_some() {} }).await.is_ok()
    }

    /// What has come within a moment in which there is nothing to wait for.
    async fn now(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Ok(Some(event)) = timeout(Duration::from_millis(150), self.may_come()).await {
            events.push(event);
        }
        events
    }
}

fn read(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => id.clone_into(&mut event.id),
            Some(("event", kind)) => kind.clone_into(&mut event.kind),
            Some(("data", data)) => event.data.push_str(data),
            _ => {}
        }
    }
    event
}

#[tokio::test]
async fn a_page_that_lost_its_connection_goes_on_where_it_was() {
    let office = Office::open().await;
    let reader = office.reader();
    let mut stream = Stream::open(&reader, "/g/east/live").await;
    office.push("政策解读", "第一篇", "正文").await;
    office.clock.advance(Duration::from_mins(1));
    office.push("政策解读", "第二篇", "正文").await;
    let (first, second) = (stream.next().await, stream.next().await);
    assert!(first.data.contains("第一篇") && second.data.contains("第二篇"));
    drop(stream);

    office.clock.advance(Duration::from_mins(1));
    office.push("政策解读", "第三篇", "正文").await;
    let again = office.reader().with("last-event-id", &first.id);
    let mut stream = Stream::open(&again, "/g/east/live?after=0").await;
    let came = stream.now().await;
    let ids: Vec<&str> = came.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids.len(), 2, "{came:?}");
    assert_eq!(ids[0], second.id);
    assert!(came[1].data.contains("第三篇") && ids[1] > ids[0]);

    let page = reader.get("/g/east").await;
    let after = page.attributes("[data-live]", "data-after").remove(0);
    let mut stream = Stream::open(&reader, &format!("/g/east/live?after={after}")).await;
    assert_eq!(stream.now().await, [], "what stands on the page does not come again");
}

#[tokio::test]
async fn a_page_of_one_group_hears_nothing_of_another() {
    let office = Office::open().await;
    let mut stream = Stream::open(&office.reader(), "/g/english/live").await;
    office.digest(&["只给城东群"]).await;
    assert_eq!(stream.now().await, []);
}

#[tokio::test]
async fn live_pages_end_when_the_office_closes() {
    let office = Office::open().await;
    let reader = Stream::open(&office.reader(), "/g/east/live").await;
    let seat = Stream::open(&office.seat("reviewer").await, "/seat/live").await;
    office.stop.cancel();
    assert!(reader.ends().await && seat.ends().await);
}

#[tokio::test]
async fn more_live_pages_than_there_may_be_are_served_without() {
    let office = Office::open().await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(Stream::open(&office.reader(), "/g/east/live").await);
    }
    let (status, ..) = office.reader().follow("/g/east/live").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    open.pop();
    Stream::open(&office.reader(), "/g/east/live").await;
}

#[tokio::test]
async fn a_seat_sees_what_its_press_did_once_and_the_page_after_it_sees_it_too() {
    let office = Office::open().await;
    let reader = office.reader();
    let form = reader.get("/g/east/suggest").await.form("/g/east/suggest");
    reader.send(&form.with("text", "路灯坏了请修").with("agreed", "yes")).await;
    office.turn().await;
    let reviewer = office.seat("reviewer").await;
    let mut stream = Stream::open(&reviewer, "/seat/live").await;
    assert!(stream.next().await.data.contains("收到新建议"));
    let seat = reviewer.get("/seat").await;
    reviewer.send(&seat.button("认领")).await;
    let kinds: Vec<String> = stream.now().await.into_iter().map(|e| e.kind).collect();
    assert!(
        kinds.contains(&"toast".to_owned()) && kinds.contains(&"amend".to_owned()),
        "{kinds:?}"
    );
    assert!(!kinds.contains(&String::new()), "no new card: {kinds:?}");
    let page = reviewer.get("/seat").await;
    assert_eq!(page.words("[data-toast]"), "已认领。");
    assert_eq!(page.all(".said").len(), 1, "a card that changed is shown once: {}", page.main());
    assert_eq!(reviewer.get("/seat").await.words("[data-toast]"), "");
}
