-- How many of each status a user has, and the list of one status: read from the index alone, and in order.
CREATE INDEX downloads_of_user_by_status ON downloads (user_id, status, id, platform);
