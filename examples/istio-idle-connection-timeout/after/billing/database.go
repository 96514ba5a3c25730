package main

import (
	"database/sql"
	"os"
	"time"

	"github.com/go-sql-driver/mysql"
)

func openDatabase() (*sql.DB, error) {
	config := mysql.NewConfig()
	config.Net = "tcp"
	config.Addr = os.Getenv("DB_ADDR")
	config.User = "billing"
	config.Passwd = os.Getenv("DB_PASSWORD")
	config.DBName = "billing"
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(50)
	pool.SetMaxIdleConns(50)
	// below every idle limit on the way: load balancers forget a silent connection after minutes, Envoy closes it after an hour
	pool.SetConnMaxLifetime(3 * time.Minute)
	return pool, nil
}
