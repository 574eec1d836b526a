/** Scenes of what is watched, read and worked with. */
import type { Scenes } from "./sample-scene.ts";

export const MEDIA_SCENES: Scenes = [
  {
    place: "london",
    host: "tv.example.com",
    site: "TV",
    campaign: { source: "newsletter", medium: "email", name: "new-this-week", content: "header", term: "documentary" },
    pages: {
      video: { name: "Seasons of the Forest", path: "/watch/forest-s1e3" },
      programme: { name: "Seasons of the Forest", path: "/shows/forest" },
    },
    values: {
      content_asset_id: "forest-s1e3",
      content_pod_id: "forest-s1e3-1",
      asset_id: "forest-s1e3",
      pod_id: "forest-s1e3-1",
      title: "Autumn",
      program: "Seasons of the Forest",
      season: "1",
      episode: "3",
      genre: "Documentary",
      publisher: "Example Studios",
      channel: "Example One",
      total_length: 3600,
      keywords: ["nature", "forest", "autumn"],
    },
    items: [],
  },
  {
    place: "new_york",
    host: "tv.example.com",
    site: "TV",
    campaign: { source: "social", medium: "paid", name: "drama", content: "trailer", term: "series" },
    pages: {
      video: { name: "The Harbour", path: "/watch/harbour-s2e1" },
      programme: { name: "The Harbour", path: "/shows/harbour" },
    },
    values: {
      content_asset_id: "harbour-s2e1",
      content_pod_id: "harbour-s2e1-1",
      asset_id: "harbour-s2e1",
      pod_id: "harbour-s2e1-1",
      title: "Low Tide",
      program: "The Harbour",
      season: "2",
      episode: "1",
      genre: "Drama",
      publisher: "Example Studios",
      channel: "Example Two",
      total_length: 3600,
      keywords: ["drama", "harbour"],
      video_player: "native",
      quality: "hd720",
      bitrate: 2800,
    },
    items: [],
  },
];

const NEWS_PAGES = { account: { name: "Account", path: "/account" } };

export const PUBLISHING_SCENES: Scenes = [
  {
    place: "london",
    host: "news.example.com",
    site: "News",
    campaign: { source: "newsletter", medium: "email", name: "morning", content: "lead", term: "audio" },
    pages: {
      ...NEWS_PAGES,
      article: { name: "How headphones learned to be quiet", path: "/technology/quiet-headphones" },
      section: { name: "Technology", path: "/technology" },
    },
    values: {
      article_id: "article-3051",
      title: "How headphones learned to be quiet",
      author: "Jane Smith",
      category: "Technology",
      tags: ["audio", "headphones"],
      word_count: 940,
    },
    items: [],
  },
  {
    place: "new_york",
    host: "news.example.com",
    site: "News",
    campaign: { source: "search", medium: "organic", name: "none", content: "result", term: "running in winter" },
    pages: {
      ...NEWS_PAGES,
      article: { name: "Running through the winter", path: "/health/winter-running" },
      section: { name: "Health", path: "/health" },
    },
    values: {
      article_id: "article-3077",
      title: "Running through the winter",
      author: "Jane Smith",
      category: "Health",
      tags: ["running", "winter"],
      word_count: 1310,
      topic_id: "running",
      topic_name: "Running",
      newsletter_id: "weekend",
      newsletter_name: "Weekend",
      frequency: "weekly",
    },
    items: [],
  },
];

const APP_PAGES = {
  login: { name: "Log in", path: "/login" },
  pricing: { name: "Pricing", path: "/pricing" },
  app: { name: "Overview", path: "/app" },
  settings: { name: "Settings", path: "/app/settings" },
  billing: { name: "Billing", path: "/app/billing" },
};

export const SAAS_SCENES: Scenes = [
  {
    place: "london",
    host: "app.example.com",
    site: "Example App",
    campaign: { source: "search", medium: "cpc", name: "brand", content: "text", term: "example app" },
    pages: APP_PAGES,
    values: {},
    items: [],
    groupId: "org_555",
  },
  {
    place: "new_york",
    host: "app.example.com",
    site: "Example App",
    campaign: { source: "partner", medium: "referral", name: "integrations", content: "listing", term: "calendar" },
    pages: APP_PAGES,
    values: { team_id: "team-12", team_name: "Sales", feature_id: "forecast", feature_name: "Forecast" },
    items: [],
    groupId: "org_812",
  },
];
